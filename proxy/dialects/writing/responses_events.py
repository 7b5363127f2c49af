"""A Responses answer as a stream of events, in the order in which OpenAI sends them.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from collections.abc import Iterator

from driftgate.proxy.dialects.meaning import Answer
from driftgate.proxy.dialects.responses import CALL_TYPES
from driftgate.proxy.dialects.writing.responses_body import head, items, text_part, whole
from driftgate.proxy.dialects.writing.words import llama_timings, pieces
from driftgate.proxy.dialects.writing.written import Json, Written, event

_OPENING = 2  # events: response.created and response.in_progress

# type of a call item -> the stem of its events' names
_CALL_EVENTS = {
    "function_call": "response.function_call_arguments",
    "custom_tool_call": "response.custom_tool_call_input",
}


def write_stream(answer: Answer, ask: Written) -> list[bytes]:
    """All events; without the opening ones where a keep-alive has sent them."""
    steps = [] if ask.begun else _opening(ask, ask.id_for(answer))
    for index, item in enumerate(items(answer, ask)):
        steps += [{**step, "output_index": index} for step in _item(item)]
    response = whole(answer, ask)
    steps.append(
        {"type": f"response.{response['status']}", "response": response, **llama_timings(answer)}
    )
    return _numbered(steps, next_number(ask))


def keep_alive(ask: Written) -> bytes:
    """The opening events at first, since clients want `response.created` before all else.

    Then `keepalive` events, which OpenAI sends too; clients pass over them.
    """
    number = next_number(ask)
    steps = [{"type": "keepalive"}] if ask.begun else _opening(ask, ask.response_id)
    ask.begun += 1
    return b"".join(_numbered(steps, number))


def failed(ask: Written, error: Json) -> bytes:
    """The end of a stream that brings no answer, with the opening where none was sent.

    Args:
        ask: as for the answer.
        error: the `error` object: code, message.
    """
    steps = [] if ask.begun else _opening(ask, ask.response_id)
    response = {**head(ask, "failed"), "error": error}
    steps.append({"type": "response.failed", "response": response})
    return b"".join(_numbered(steps, next_number(ask)))


def next_number(ask: Written) -> int:
    """The next `sequence_number`."""
    return _OPENING + ask.begun - 1 if ask.begun else 0


def _opening(ask: Written, answer_id: str) -> list[Json]:
    response = {**head(ask, "in_progress"), "id": answer_id}
    return [
        {"type": f"response.{kind}", "response": response} for kind in ("created", "in_progress")
    ]


def _numbered(steps: list[Json], number: int) -> list[bytes]:
    counted = enumerate(steps, number)
    return [
        event({"type": step["type"], "sequence_number": n, **step}, step["type"])
        for n, step in counted
    ]


def _item(item: Json) -> Iterator[Json]:
    kind = item["type"]
    if kind == "message":
        yield from _framed(item, {"content": []}, _message(item))
    elif kind == "reasoning":
        yield from _framed(item, {"summary": [], "content": []}, _reasoning(item))
    else:
        yield from _framed(item, {CALL_TYPES[kind]: ""}, _call(item, kind))


def _framed(item: Json, empty: Json, steps: Iterator[Json]) -> Iterator[Json]:
    opened = {**item, "status": "in_progress", **empty}
    yield {"type": "response.output_item.added", "item": opened}
    for step in steps:
        yield {**step, "item_id": item["id"]}
    yield {"type": "response.output_item.done", "item": item}


def _message(item: Json) -> Iterator[Json]:
    text, place = item["content"][0]["text"], {"content_index": 0}
    part = "response.content_part"
    yield {"type": f"{part}.added", **place, "part": text_part("")}
    for delta in pieces(text):
        yield {"type": "response.output_text.delta", **place, "delta": delta, "logprobs": []}
    yield {"type": "response.output_text.done", **place, "text": text, "logprobs": []}
    yield {"type": f"{part}.done", **place, "part": text_part(text)}


def _reasoning(item: Json) -> Iterator[Json]:
    if item["summary"]:
        [told], name, part = item["summary"], "reasoning_summary_text", "reasoning_summary_part"
        place = {"summary_index": 0}
    else:
        [told], name, part = item["content"], "reasoning_text", "content_part"
        place = {"content_index": 0}
    yield {"type": f"response.{part}.added", **place, "part": {**told, "text": ""}}
    for delta in pieces(told["text"]):
        yield {"type": f"response.{name}.delta", **place, "delta": delta}
    yield {"type": f"response.{name}.done", **place, "text": told["text"]}
    yield {"type": f"response.{part}.done", **place, "part": told}


def _call(item: Json, kind: str) -> Iterator[Json]:
    key = CALL_TYPES[kind]
    for delta in pieces(item[key]):
        yield {"type": f"{_CALL_EVENTS[kind]}.delta", "delta": delta}
    named = {"name": item["name"]} if kind == "function_call" else {}
    yield {"type": f"{_CALL_EVENTS[kind]}.done", **named, key: item[key]}

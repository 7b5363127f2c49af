"""OpenAI Responses: requests in, JSON and events out.

Shapes: https://platform.openai.com/docs/api-reference/responses and what llama-server sends.
"""

from collections.abc import Iterator
from typing import Any

from driftgate.sim.ask import Ask, Call, Json, Message
from driftgate.sim.generation import SYSTEM_FINGERPRINT, Generation
from driftgate.sim.reading import (
    customs,
    flag,
    member,
    name_of,
    objects,
    real,
    stops,
    text_of,
    thinks,
    tool_choice,
    tools,
    wanted_format,
    whole,
)
from driftgate.sim.responses_items import Counter, item_events, items, wants_summary
from driftgate.sim.wire import Event, sse


def read(body: Json) -> Ask:
    """What a request asks for.

    Raises:
        SimError: a member has the wrong type.
    """
    schema, as_object = wanted_format(member(body, "text").get("format"))
    if schema is None and not as_object:
        schema, as_object = wanted_format(body.get("response_format"))
    instructions = body.get("instructions")
    first = (Message("system", instructions),) if isinstance(instructions, str) else ()
    return Ask(
        model=name_of(body),
        messages=first + messages(body.get("input")),
        tools=tools(body.get("tools")),
        customs=customs(body.get("tools")),
        tool_choice=tool_choice(body.get("tool_choice") or "auto"),
        schema=schema,
        json_object=as_object,
        max_tokens=whole(body, "max_output_tokens"),
        stop=stops(body.get("stop")),
        seed=whole(body, "seed"),
        temperature=real(body, "temperature"),
        think=thinks(body),
        stream=flag(body, "stream"),
    )


def without_format(body: Json) -> Json:
    """The request as llama-server hears it on this path: `text.format` dropped without a word."""
    text = member(body, "text")
    if "format" not in text:
        return body
    return {**body, "text": {key: value for key, value in text.items() if key != "format"}}


def messages(given: Any) -> tuple[Message, ...]:
    """`input` as messages: a string, or items."""
    if isinstance(given, str):
        return (Message("user", given),)
    found: list[Message] = []
    for item in objects(given):
        kind = item.get("type", "message")
        if kind == "message":
            found.append(Message(str(item.get("role") or "user"), text_of(item.get("content"))))
        elif kind in ("function_call", "custom_tool_call"):
            arguments = item.get("arguments") or item.get("input") or "{}"
            call = Call(str(item.get("name")), str(arguments), str(item.get("call_id")))
            found.append(Message("assistant", calls=(call,)))
        elif kind in ("function_call_output", "custom_tool_call_output"):
            found.append(Message("tool", text_of(item.get("output"))))
    return tuple(found)


def head(made: Generation, body: Json, status: str) -> Json:
    """The response object without what only the end knows."""
    return {
        "id": f"resp_{made.request_id}",
        "object": "response",
        "created_at": made.created,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "model": made.version.name,
        "output": [],
        "parallel_tool_calls": flag(body, "parallel_tool_calls", True),
        "previous_response_id": body.get("previous_response_id"),
        "temperature": body.get("temperature"),
        "text": member(body, "text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p"),
        "metadata": body.get("metadata") or {},
        "system_fingerprint": SYSTEM_FINGERPRINT,
    }


def whole_body(made: Generation, body: Json) -> Json:
    """The answer as one JSON object."""
    cut = made.finish == "length"
    answer = head(made, body, "incomplete" if cut else "completed")
    answer["output"] = items(made, summary=wants_summary(body))
    if cut:
        answer["incomplete_details"] = {"reason": "max_output_tokens"}
    if made.usage_known:
        answer["usage"] = usage(made)
    return answer


def usage(made: Generation) -> Json:
    """The usage object."""
    taken, given = made.usage
    return {
        "input_tokens": taken,
        "input_tokens_details": {"cached_tokens": made.cached_tokens},
        "output_tokens": given,
        "output_tokens_details": {"reasoning_tokens": len(made.reasoning)},
        "total_tokens": taken + given,
    }


def objects_of(made: Generation, body: Json) -> Iterator[tuple[Json, int, bool]]:
    """A stream's events as objects, each with its tokens and whether it is the last."""
    counter = Counter()
    started = head(made, body, "in_progress")
    yield counter.numbered("response.created", response=started), 0, False
    yield counter.numbered("response.in_progress", response=started), 0, False
    for event, tokens in item_events(made, counter, body):
        yield event, tokens, False
    answer = whole_body(made, body)
    end = counter.numbered(f"response.{answer['status']}", response=answer)
    yield {**end, "timings": made.timings()}, 0, True


def stream(made: Generation, body: Json) -> Iterator[Event]:
    """The events as SSE, as llama-server frames them."""
    for event, tokens, last in objects_of(made, body):
        yield Event(sse(event, event["type"]), tokens, last)

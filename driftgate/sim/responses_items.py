"""Output items of the Responses dialect: reasoning, message, function calls; whole and streamed."""

from collections.abc import Iterator
from typing import Any

from driftgate.sim.ask import Call, Json
from driftgate.sim.generation import Generation
from driftgate.sim.reading import member

Step = tuple[Json, int]  # an event and how many tokens it carries


class Counter:
    """Gives every event its type and sequence number."""

    def __init__(self) -> None:
        self._next = 0

    def numbered(self, kind: str, **members: Any) -> Json:
        """The next event."""
        event = {"type": kind, "sequence_number": self._next, **members}
        self._next += 1
        return event


def items(made: Generation, *, summary: bool = False) -> list[Json]:
    """All output items, completed."""
    found = []
    if made.reasoning:
        found.append(_reasoning(made, "".join(made.reasoning), "completed", summary=summary))
    if has_message(made):
        found.append(_message(made, "".join(made.text), "completed"))
    calls = enumerate(made.calls)
    found += [_call(made, n, call, "".join(parts), "completed") for n, (call, parts) in calls]
    return found


def has_message(made: Generation) -> bool:
    """Whether there is a message item: an answer without calls has one, empty or not."""
    return bool(made.text) or not made.calls


def item_events(made: Generation, counter: Counter, body: Json) -> Iterator[Step]:
    """The events of every item, in order."""
    index = 0
    summary = wants_summary(body)
    if made.reasoning:
        yield from _reasoning_events(made, counter, index, summary=summary)
        index += 1
    if has_message(made):
        yield from _message_events(made, counter, index)
        index += 1
    for number in range(len(made.calls)):
        yield from _call_events(made, counter, index, number)
        index += 1


def wants_summary(body: Json) -> bool:
    """Whether reasoning is to be sent as a summary (as OpenAI) or as text (as llama-server)."""
    return member(body, "reasoning").get("summary") not in (None, "none")


def _reasoning(made: Generation, text: str, status: str, *, summary: bool = False) -> Json:
    content = [{"type": "reasoning_text", "text": text}] if text and not summary else []
    short = [{"type": "summary_text", "text": text}] if text and summary else []
    return {
        "id": f"rs_{made.request_id}",
        "type": "reasoning",
        "status": status,
        "summary": short,
        "content": content,
        "encrypted_content": "",
    }


def _message(made: Generation, text: str | None, status: str) -> Json:
    return {
        "id": f"msg_{made.request_id}",
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": [] if text is None else [_part(text)],
    }


def _part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _call(made: Generation, number: int, call: Call, arguments: str, status: str) -> Json:
    item = {
        "id": f"fc_{made.request_id}{number}",
        "type": "function_call",
        "status": status,
        "name": call.name,
        "arguments": arguments,
    }
    if call.call_id is not None:
        item["call_id"] = call.call_id
    if call.namespace is not None:
        item["namespace"] = call.namespace
    return item


def _reasoning_events(
    made: Generation, counter: Counter, index: int, *, summary: bool
) -> Iterator[Step]:
    whole = "".join(made.reasoning)
    where: Json = {"item_id": f"rs_{made.request_id}", "output_index": index}
    kind = "response.reasoning_summary_text" if summary else "response.reasoning_text"
    place = {**where, "summary_index" if summary else "content_index": 0}
    yield _added(counter, index, _reasoning(made, "", "in_progress")), 0
    if summary:
        part = {"type": "summary_text", "text": ""}
        yield counter.numbered("response.reasoning_summary_part.added", **place, part=part), 0
    for piece in made.reasoning:
        yield counter.numbered(f"{kind}.delta", **place, delta=piece), 1
    yield counter.numbered(f"{kind}.done", **place, text=whole), 0
    if summary:
        part = {"type": "summary_text", "text": whole}
        yield counter.numbered("response.reasoning_summary_part.done", **place, part=part), 0
    yield _done(counter, index, _reasoning(made, whole, "completed", summary=summary)), 0


def _message_events(made: Generation, counter: Counter, index: int) -> Iterator[Step]:
    whole = "".join(made.text)
    place: Json = {"item_id": f"msg_{made.request_id}", "output_index": index, "content_index": 0}
    yield _added(counter, index, _message(made, None, "in_progress")), 0
    yield counter.numbered("response.content_part.added", **place, part=_part("")), 0
    for piece in made.text:
        yield counter.numbered("response.output_text.delta", **place, delta=piece, logprobs=[]), 1
    yield counter.numbered("response.output_text.done", **place, text=whole, logprobs=[]), 0
    yield counter.numbered("response.content_part.done", **place, part=_part(whole)), 0
    yield _done(counter, index, _message(made, whole, "completed")), 0


def _call_events(made: Generation, counter: Counter, index: int, number: int) -> Iterator[Step]:
    call, parts = made.calls[number]
    place = {"item_id": f"fc_{made.request_id}{number}", "output_index": index}
    yield _added(counter, index, _call(made, number, call, "", "in_progress")), 0
    for piece in parts:
        yield counter.numbered("response.function_call_arguments.delta", **place, delta=piece), 1
    whole = "".join(parts)
    done = counter.numbered(
        "response.function_call_arguments.done", **place, name=call.name, arguments=whole
    )
    yield done, 0
    yield _done(counter, index, _call(made, number, call, whole, "completed")), 0


def _added(counter: Counter, index: int, item: Json) -> Json:
    return counter.numbered("response.output_item.added", output_index=index, item=item)


def _done(counter: Counter, index: int, item: Json) -> Json:
    return counter.numbered("response.output_item.done", output_index=index, item=item)

"""The output items of a recorded Responses answer, as the client got them. Pure."""

from typing import Any

from driftgate.proxy.dialects.codings import decode_chunks
from driftgate.proxy.dialects.lenient import integer, listing, mapping, parse
from driftgate.proxy.dialects.sse import read_events
from driftgate.proxy.record import Chunk, Recorded

Json = dict[str, Any]

_COMPLETED = "response.completed"
_ENDED = (_COMPLETED, "response.incomplete")
_GOOD = range(200, 300)
_FINISHED = frozenset({"completed", "incomplete", None})  # statuses; None: not told


def output_items(recorded: Recorded, limit: int) -> list[Json] | None:
    """The items, in their order; None where the answer was not recorded whole, or failed.

    Args:
        recorded: the call.
        limit: bytes that a compressed answer may unfold to.
    """
    if recorded.status not in _GOOD or recorded.response_truncated:
        return None
    headers = {name.lower(): value for name, value in recorded.response_headers}
    decoded = decode_chunks(recorded.chunks, headers.get("content-encoding"), limit)
    if not decoded.complete:
        return None
    value = parse(decoded.joined())
    if isinstance(value, dict):
        return _of_response(value)
    return _of_stream(decoded.chunks)


def _of_response(response: Json) -> list[Json] | None:
    finished = response.get("status") in _FINISHED and isinstance(response.get("output"), list)
    return _items(response["output"]) if finished else None


def _of_stream(chunks: list[Chunk]) -> list[Json] | None:
    done: list[tuple[int, Json]] = []
    for event in read_events(chunks):
        value = mapping(parse(event.data))
        kind = value.get("type")
        if kind == "response.output_item.done" and isinstance(value.get("item"), dict):
            place = integer(value.get("output_index"))
            done.append((len(done) if place is None else place, value["item"]))
        elif kind in _ENDED:
            # the last event holds them again, but not with every server
            items = _items(mapping(value.get("response")).get("output"))
            return items or [item for _, item in sorted(done, key=lambda each: each[0])]
    return None


def _items(output: Any) -> list[Json]:
    return [item for item in listing(output) if isinstance(item, dict)]

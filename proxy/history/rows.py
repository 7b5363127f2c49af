"""From a recorded call and what its dialect read out of it to the row of `calls`. Pure.

A row holds only what is known: an absent key is NULL.
"""

from operator import attrgetter

from driftgate.proxy.dialects.describe import Described
from driftgate.proxy.dialects.meaning import Answer, Item, Parameters
from driftgate.proxy.history.table import Row, encode
from driftgate.proxy.record import Outcome, Recorded

INPUT_TEXT_LIMIT = 10_000  # characters; the whole text is an item
SHORTEST_STREAM_MS = 1.0  # a shorter one says nothing about a model's speed

_PARAMETERS = tuple(Parameters.__dataclass_fields__)  # named as their columns
_IDENTITY = (
    "session_id",
    "thread_id",
    "turn_id",
    "window_id",
    "request_kind",
    "originator",
    "user_agent",
    "parent_call_id",
)
_USAGE = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")
_ANSWER = {
    "output_text": "text",
    "reasoning_text": "reasoning",
    "finish_reason": "finish_reason",
    "answer_model": "model",
    "response_id": "response_id",
    "system_fingerprint": "system_fingerprint",
    "answer_error": "error",
    "backend_timings": "timings",
    "events": "events",
    "tokens_per_second": "tokens_per_second",
}
_LARGEST = (1 << 63) - 1
# each gives a tuple, without a step of Python for each name
_parameters_of = attrgetter(*_PARAMETERS)
_identity_of = attrgetter(*_IDENTITY)
_usage_of = attrgetter(*_USAGE)
_answer_of = attrgetter(*_ANSWER.values())


def call_row(recorded: Recorded, described: Described) -> Row:
    """The row of `calls`, without what only the history knows: bodies, retries, links."""
    row = _recorded(recorded)
    request, answer = described.request, described.answer
    row["dialect"] = described.dialect
    row.update(meaning(described))
    row.update(zip(_IDENTITY, _identity_of(described.identity), strict=True))
    row["request_digest"] = request.digest
    row["input_text"] = input_text(request.items)
    row["request_items"] = len(request.items) if described.dialect else None
    if recorded.status is not None and described.dialect:
        row["answer_complete"] = answer.complete
        if answer.complete and recorded.outcome is Outcome.CLIENT_GONE:
            # the Codex CLI hangs up once it has the last event, without waiting for the body's end
            row["outcome"] = Outcome.COMPLETED.value
        row["tool_call_count"] = len(answer.tool_calls)
    if answer.tokens_per_second is None and row["stream"]:
        row["tokens_per_second"] = _speed(recorded, answer)
    return {
        name: value
        for name, value in row.items()
        if value is not None and (type(value) is not int or -_LARGEST <= value <= _LARGEST)
    }


def meaning(described: Described) -> Row:
    """What was asked and answered; what is not known is None."""
    answer = described.answer
    row = dict(zip(_PARAMETERS, _parameters_of(described.request.parameters), strict=True))
    row.update(zip(_USAGE, _usage_of(answer.usage), strict=True))
    row.update(zip(_ANSWER, _answer_of(answer), strict=True))
    if answer.first_token_us is not None:
        row["first_token_ms"] = answer.first_token_us / 1e3
    return row


def _recorded(recorded: Recorded) -> Row:
    path, _, query = recorded.target.partition("?")
    return {
        "call_id": recorded.call_id.hex(),
        "started_at": recorded.started_ns // 1000,
        "ended_at": _at(recorded, recorded.ended_ns),
        "outcome": recorded.outcome.value,
        "error": recorded.error,
        "client": recorded.client or None,
        "retry_number": 0,
        "attempts": 1,
        "upstream": recorded.upstream,
        "method": recorded.method,
        "path": path,
        "query": query or None,
        "request_headers": encode(recorded.request_headers),
        "request_bytes": max(recorded.request_size, len(recorded.request_body)),
        "request_truncated": recorded.request_truncated,
        "status": recorded.status,
        "response_headers": _headers(recorded.response_headers),
        "response_trailers": _headers(recorded.trailers),
        "response_bytes": max(
            recorded.response_size, sum(len(chunk.data) for chunk in recorded.chunks)
        ),
        "response_truncated": recorded.response_truncated,
        "connect_ms": _ms(recorded.connect_ns),
        "first_byte_ms": _ms(recorded.first_byte_ns),
        "total_ms": _ms(recorded.ended_ns),
        "overhead_ms": _ms(recorded.overhead_ns),
        "worker": recorded.worker,
        **_timing(recorded),
    }


def _timing(recorded: Recorded) -> Row:
    chunks, frames = recorded.chunks, recorded.frames
    row: Row = {}
    if chunks:
        row["chunk_us"] = [chunk.offset_ns // 1000 for chunk in chunks]
        row["chunk_bytes"] = [len(chunk.data) for chunk in chunks]
    if frames:
        row["frame_us"] = [offset // 1000 for offset, _, _ in frames]
        row["frame_bytes"] = [len(data) for _, _, data in frames]
        row["frame_from_client"] = [from_client for _, from_client, _ in frames]
    return row


def _headers(pairs: list[tuple[str, str]]) -> str | None:
    return encode(pairs) if pairs else None


def _ms(duration_ns: int | None) -> float | None:
    return None if duration_ns is None else duration_ns / 1e6


def _at(recorded: Recorded, offset_ns: int | None) -> int | None:
    return None if offset_ns is None else (recorded.started_ns + offset_ns) // 1000


def input_text(items: tuple[Item, ...]) -> str | None:
    """The last user message or tool result, cut at INPUT_TEXT_LIMIT."""
    for item in reversed(items):
        if item.kind == "tool_result" or (item.kind == "message" and item.role == "user"):
            return item.text[:INPUT_TEXT_LIMIT]
    return None


def _speed(recorded: Recorded, answer: Answer) -> float | None:
    """Output tokens a second since the first token came; None where that says nothing."""
    tokens, first_us, ended_ns = (
        answer.usage.output_tokens,
        answer.first_token_us,
        recorded.ended_ns,
    )
    if tokens is None or first_us is None or ended_ns is None:
        return None
    duration_ms = ended_ns / 1e6 - first_us / 1e3
    return tokens / duration_ms * 1e3 if duration_ms >= SHORTEST_STREAM_MS else None


def request_body(recorded: Recorded) -> bytes:
    """The request's body as sent; of a websocket, the client's frames joined."""
    if recorded.frames:
        return b"".join(data for _, from_client, data in recorded.frames if from_client)
    return recorded.request_body


def response_body(recorded: Recorded) -> bytes:
    """The response's body as sent; of a websocket, the upstream's frames joined."""
    if recorded.frames:
        return b"".join(data for _, from_client, data in recorded.frames if not from_client)
    return b"".join(chunk.data for chunk in recorded.chunks)

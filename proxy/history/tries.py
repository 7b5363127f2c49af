"""Attempts of managed calls: from what was recorded of them to rows and bodies. Pure."""

from dataclasses import dataclass, field

from driftgate.proxy.dialects.describe import Described, describe
from driftgate.proxy.history.bodies import Kept
from driftgate.proxy.history.rows import meaning
from driftgate.proxy.history.slices import split
from driftgate.proxy.history.table import Row
from driftgate.proxy.history.verdicts import verdict_columns
from driftgate.proxy.judging import GENERATING
from driftgate.proxy.record import Attempt, Recorded


@dataclass(slots=True)
class PreparedTry:
    """One attempt.

    bodies: by the column of `tries` that refers to it.
    meaning: what its own request asked, where it is not the client's, and what was answered: by the
        columns of `calls`.
    """

    row: Row
    bodies: dict[str, Kept]
    meaning: Row = field(default_factory=dict)


def prepare_tries(recorded: Recorded, call_id: str, decode_limit: int) -> list[PreparedTry]:
    """The rows of all attempts of a call."""
    return [_try(recorded, attempt, call_id, decode_limit) for attempt in recorded.attempts]


def number_of_attempts(recorded: Recorded) -> int:
    """Tries at upstreams; 0 for a call whose request was already refused by its contract."""
    if recorded.attempts:
        return len(recorded.attempts)
    return 0 if recorded.judged and recorded.forwarded_ns is None else 1


def fallback(recorded: Recorded) -> str | None:
    """Who answered instead of the one that was asked."""
    named = recorded.judged.get("fallback")
    return named if isinstance(named, str) else None


def _try(recorded: Recorded, attempt: Attempt, call_id: str, limit: int) -> PreparedTry:
    described = _described(recorded, attempt, limit)
    answer = described.answer
    body = b"".join([chunk.data for chunk in attempt.chunks])
    first_byte_ns = attempt.chunks[0].offset_ns if attempt.chunks else None
    row = {
        "call_id": call_id,
        "attempt": attempt.number,
        "reason": attempt.reason,
        "upstream": attempt.upstream,
        "model": attempt.model,
        "dialect": attempt.dialect,
        "started_at": (recorded.started_ns + attempt.started_ns) // 1000,
        "connect_ms": None if attempt.connect_ns is None else attempt.connect_ns / 1e6,
        "first_byte_ms": _ms(attempt, first_byte_ns),
        "total_ms": _ms(attempt, attempt.ended_ns),
        "status": attempt.status,
        "outcome": attempt.outcome.value,
        "error": attempt.error,
        "response_bytes": len(body),
        "output_text": answer.text,
        "finish_reason": answer.finish_reason,
        "input_tokens": answer.usage.input_tokens,
        "output_tokens": answer.usage.output_tokens,
        **verdict_columns(attempt.judged),
    }
    bodies = {"response_body": Kept(split(body))}
    if attempt.request_body is not None:
        # its items too: a later request may hold the same slice, which is read only once
        request = described.request
        sent = split(attempt.request_body, request.boundaries)
        bodies["request_body"] = Kept(sent, request.items)
    return PreparedTry(
        {name: value for name, value in row.items() if value is not None},
        {column: kept for column, kept in bodies.items() if kept.split.ends},
        meaning(described),
    )


def _described(recorded: Recorded, attempt: Attempt, limit: int) -> Described:
    target = GENERATING.get(attempt.dialect or "", attempt.target)
    return describe(
        Recorded(
            recorded.call_id,
            recorded.started_ns,
            recorded.worker,
            target=target,
            request_body=attempt.request_body or b"",
            status=attempt.status,
            response_headers=attempt.response_headers,
            chunks=attempt.chunks,
        ),
        decode_limit=limit,
    )


def _ms(attempt: Attempt, at_ns: int | None) -> float | None:
    return None if at_ns is None else (at_ns - attempt.started_ns) / 1e6

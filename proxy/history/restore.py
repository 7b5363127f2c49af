"""From a row of `all_calls` and its bodies back to the recorded call. Pure.

What the history does not keep stays empty: the upstream's address, the reason phrase, when the
request was on its way.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from driftgate.proxy.judging import GENERATING
from driftgate.proxy.record import Chunk, Outcome, Recorded, Replayed

Row = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def recorded(row: Row, request: bytes, response: bytes) -> Recorded:
    """The call. `row` by column name, times as DuckDB gives them (UTC, without a zone)."""
    query = row["query"]
    return Recorded(
        call_id=UUID(str(row["call_id"])).bytes,
        started_ns=nanoseconds(row["started_at"]),
        worker=row["worker"],
        method=row["method"],
        target=f"{row['path']}?{query}" if query else row["path"],
        upstream=row["upstream"],
        client=row["client"] or "",
        request_headers=header_pairs(row["request_headers"]),
        request_body=b"" if row["frame_us"] else request,
        request_size=row["request_bytes"],
        request_truncated=row["request_truncated"],
        status=row["status"],
        response_headers=header_pairs(row["response_headers"]),
        trailers=header_pairs(row["response_trailers"]),
        chunks=[] if row["frame_us"] else _chunks(row, response),
        response_size=row["response_bytes"],
        response_truncated=row["response_truncated"],
        frames=_frames(row, request, response),
        replayed=_replayed(row),
        outcome=Outcome(row["outcome"]),
        error=row["error"],
        first_byte_ns=_ns(row["first_byte_ms"]),
        ended_ns=_ns(row["total_ms"]),
        overhead_ns=_ns(row["overhead_ms"]),
        connect_ns=_ns(row["connect_ms"]),
    )


def _replayed(row: Row) -> Replayed | None:
    if row["arm"] is None:
        return None
    run_id, of = (
        bytes(16) if row[name] is None else UUID(str(row[name])).bytes
        for name in ("run_id", "replay_of")
    )
    return Replayed(run_id, row["arm"], of, row["repetition"])


def attempt(call: Recorded, row: Row, request: bytes, response: bytes) -> Recorded:
    """An attempt as if it were the whole call. `row` of the view `all_attempts`.

    Of an attempt whose answer was not delivered as it came, headers are not kept; it was asked for
    plain bytes.
    """
    dialect = row["dialect"]
    made = replace(
        call,
        target=GENERATING.get(dialect, call.target),
        upstream=row["upstream"],
        request_body=request,
        request_headers=call.request_headers if row["request_body"] is None else [],
        request_size=len(request),
        outcome=Outcome(row["outcome"]),
        error=row["error"],
    )
    if row["status"] == call.status and response == b"".join([each.data for each in call.chunks]):
        return made
    return replace(
        made,
        status=row["status"],
        response_headers=[],
        trailers=[],
        chunks=[Chunk(_ns(row["first_byte_ms"]) or 0, response)] if response else [],
        response_size=len(response),
        first_byte_ns=_ns(row["first_byte_ms"]),
        ended_ns=_ns(row["total_ms"]),
    )


def nanoseconds(at: datetime) -> int:
    """Since the Unix epoch; `at` is UTC without a zone."""
    return (at.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1) * 1000


def header_pairs(stored: str | None) -> list[tuple[str, str]]:
    """Headers as the history keeps them, in wire order; none where it is no such list."""
    try:
        pairs = json.loads(stored or "[]")
    except ValueError:
        return []
    if not isinstance(pairs, list):
        return []
    return [(str(pair[0]), str(pair[1])) for pair in pairs if _is_pair(pair)]


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2  # noqa: PLR2004 - a pair


def _ns(duration_ms: float | None) -> int | None:
    return None if duration_ms is None else round(duration_ms * 1e6)


def _chunks(row: Row, response: bytes) -> list[Chunk]:
    """The answer cut as it came; in one piece when the history does not say how."""
    sizes, times = row["chunk_bytes"] or [], row["chunk_us"] or []
    if sum(sizes) != len(response) or len(sizes) != len(times):
        return [Chunk(0, response)] if response else []
    chunks, start = [], 0
    for size, at_us in zip(sizes, times, strict=True):
        chunks.append(Chunk(at_us * 1000, response[start : start + size]))
        start += size
    return chunks


def _frames(row: Row, request: bytes, response: bytes) -> list[tuple[int, bool, bytes]]:
    """A websocket's frames: the history keeps each side's joined, and how to cut them."""
    frames, at = [], {True: 0, False: 0}
    columns = (row["frame_us"] or [], row["frame_from_client"] or [], row["frame_bytes"] or [])
    for at_us, from_client, size in zip(*columns, strict=False):
        side = request if from_client else response
        start = at[from_client]
        at[from_client] = start + size
        frames.append((at_us * 1000, from_client, side[start : start + size]))
    return frames

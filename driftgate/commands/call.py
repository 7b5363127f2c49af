"""One recorded call, taken whole out of the history."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from driftgate.commands.bodies import header_pairs
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.record import Chunk, Outcome, Recorded

if TYPE_CHECKING:
    from driftgate.proxy.dialects.describe import Described
    from driftgate.proxy.history.reader import Reader

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Call:
    """A call's row by column name, its bytes as sent, and what they mean."""

    row: dict[str, Any]
    request: bytes
    response: bytes
    request_headers: list[tuple[str, str]]
    response_headers: list[tuple[str, str]]
    described: "Described"

    @property
    def id(self) -> str:
        """The call's id, as text."""
        return str(self.row["call_id"])

    @property
    def target(self) -> str:
        """Path and query as sent."""
        query = self.row["query"]
        return f"{self.row['path']}?{query}" if query else str(self.row["path"])


def find(reader: "Reader", prefix: str) -> str:
    """The full id that `prefix` stands for; `last` is the newest call."""
    if prefix != "last":
        return reader.find_call(prefix)
    newest = reader.ask("SELECT call_id FROM calls ORDER BY started_at DESC, call_id DESC LIMIT 1")
    if not newest.rows:
        raise NotFoundError("no calls recorded yet: send one through the proxy first")
    return str(newest.rows[0][0])


def load(reader: "Reader", call_id: str) -> Call:
    """The call with this full id."""
    from driftgate.proxy.dialects.describe import describe  # noqa: PLC0415 - only reading calls needs it

    result = reader.ask("SELECT * FROM calls WHERE call_id = ?", [call_id])
    if not result.rows:
        raise NotFoundError(f"no call {call_id}")
    row = dict(zip(result.columns, result.rows[0], strict=True))
    request, response = reader.request_bytes(call_id), reader.response_bytes(call_id)
    recorded = _recorded(row, request, response)
    return Call(
        row,
        request,
        response,
        recorded.request_headers,
        recorded.response_headers,
        describe(recorded),
    )


def _recorded(row: dict[str, Any], request: bytes, response: bytes) -> Recorded:
    query = row["query"]
    return Recorded(
        call_id=UUID(str(row["call_id"])).bytes,
        started_ns=(row["started_at"].replace(tzinfo=UTC) - _EPOCH)
        // timedelta(microseconds=1)
        * 1000,
        worker=row["worker"],
        method=row["method"],
        target=f"{row['path']}?{query}" if query else row["path"],
        upstream=row["upstream"],
        request_headers=header_pairs(row["request_headers"]),
        request_body=request,
        request_size=row["request_bytes"],
        request_truncated=row["request_truncated"],
        status=row["status"],
        response_headers=header_pairs(row["response_headers"]),
        chunks=_chunks(row, response),
        response_size=row["response_bytes"],
        response_truncated=row["response_truncated"],
        frames=_frames(row, request, response),
        outcome=Outcome(row["outcome"]),
        error=row["error"],
    )


def _chunks(row: dict[str, Any], response: bytes) -> list[Chunk]:
    """The answer cut as it came; in one piece when the history does not say how."""
    sizes, times = row["chunk_bytes"] or [], row["chunk_us"] or []
    if sum(sizes) != len(response) or len(sizes) != len(times):
        return [Chunk(0, response)] if response else []
    chunks, start = [], 0
    for size, at_us in zip(sizes, times, strict=True):
        chunks.append(Chunk(at_us * 1000, response[start : start + size]))
        start += size
    return chunks


def _frames(row: dict[str, Any], request: bytes, response: bytes) -> list[tuple[int, bool, bytes]]:
    """A websocket's frames: the history keeps each side's joined, and how to cut them."""
    frames, at = [], {True: 0, False: 0}
    columns = (row["frame_us"] or [], row["frame_from_client"] or [], row["frame_bytes"] or [])
    for at_us, from_client, size in zip(*columns, strict=False):
        side = request if from_client else response
        start = at[from_client]
        at[from_client] = start + size
        frames.append((at_us * 1000, from_client, side[start : start + size]))
    return frames

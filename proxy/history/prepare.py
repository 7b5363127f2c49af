"""From journal batches to what one transaction writes. Pure but for describing; needs no file.

Done before the file is opened, so that the lease on it is short.
"""

from dataclasses import dataclass, field

from driftgate.proxy.dialects.describe import DECODE_LIMIT, Described, describe
from driftgate.proxy.dialects.remembered import Remembered
from driftgate.proxy.history.bodies import Kept
from driftgate.proxy.history.fingerprints import Seen
from driftgate.proxy.history.rows import call_row, request_body, response_body
from driftgate.proxy.history.slices import Sessions, split
from driftgate.proxy.history.table import Row
from driftgate.proxy.journal.assemble import Position
from driftgate.proxy.journal.reader import Batch, JournalEvent
from driftgate.proxy.record import Recorded


@dataclass(slots=True)
class PreparedCall:
    """One call, ready but for what only the history knows."""

    started_ns: int
    writer: str
    row: Row
    tool_calls: list[Row]
    bodies: dict[str, Kept]  # by the column of `calls` that refers to it
    client_retry: int | None


@dataclass(slots=True)
class WriterState:
    """How far a journal is read with this transaction."""

    writer: str
    low: Position
    done: Position
    events: list[JournalEvent]
    quarantined: list[str]


@dataclass(slots=True)
class Prepared:
    """What one transaction writes."""

    calls: list[PreparedCall] = field(default_factory=list)
    writers: list[WriterState] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)  # writers whose folders are removed

    def __bool__(self) -> bool:
        return bool(self.calls or self.writers or self.seen or self.gone)


class Preparer:
    """Describes calls and cuts their bodies; remembers the last body of each session."""

    def __init__(self, decode_limit: int = DECODE_LIMIT) -> None:
        self._decode_limit = decode_limit
        self._sessions = Sessions()
        self._remembered = Remembered()

    def prepare(self, batches: list[Batch]) -> Prepared:
        """All calls of all writers in the order of their start."""
        calls = [
            self._call(batch.writer, recorded) for batch in batches for recorded in batch.calls
        ]
        calls.sort(key=lambda call: (call.started_ns, call.row["call_id"]))
        writers = [
            WriterState(
                batch.writer,
                batch.low,
                batch.done,
                batch.events,
                [str(path) for path in batch.quarantined],
            )
            for batch in batches
        ]
        return Prepared(calls, writers)

    def _call(self, writer: str, recorded: Recorded) -> PreparedCall:
        described = describe(recorded, decode_limit=self._decode_limit, remembered=self._remembered)
        row = call_row(recorded, described)
        return PreparedCall(
            recorded.started_ns,
            writer,
            row,
            _tool_calls(row["call_id"], described),
            self._bodies(recorded, described),
            described.identity.client_retry,
        )

    def _bodies(self, recorded: Recorded, described: Described) -> dict[str, Kept]:
        identity, request = described.identity, described.request
        session = identity.thread_id or identity.session_id
        sent = request_body(recorded)
        read = Kept(
            self._sessions.split(session, described.body, request.boundaries), request.items
        )
        bodies = {"response_body": Kept(split(response_body(recorded)))}
        if described.body == sent:
            bodies["request_body"] = read
        else:  # under a content coding, or as websocket frames: the bytes as sent are kept too
            bodies["request_body"] = Kept(split(sent))
            bodies["request_decoded_body"] = read
        return {column: body for column, body in bodies.items() if body.split.ends}


def _tool_calls(call_id: str, described: Described) -> list[Row]:
    rows = []
    for position, call in enumerate(described.answer.tool_calls):
        row = {
            "call_id": call_id,
            "position": position,
            "name": call.name,
            "namespace": call.namespace,
            "arguments": call.arguments,
            "tool_call_id": call.call_id,
        }
        rows.append({name: value for name, value in row.items() if value is not None})
    return rows


_LEAN = (
    "call_id",
    "started_at",
    "ended_at",
    "outcome",
    "retry_number",
    "attempts",
    "dialect",
    "upstream",
    "method",
    "path",
    "request_bytes",
    "request_truncated",
    "status",
    "response_bytes",
    "response_truncated",
    "total_ms",
    "worker",
)


def lean(call: PreparedCall, reason: str) -> PreparedCall:
    """The call without what strangers wrote, for when DuckDB refuses that."""
    row = {name: call.row[name] for name in _LEAN if name in call.row}
    row["error"] = f"driftgate could not keep this call's content: {reason[:500]}"
    return PreparedCall(call.started_ns, call.writer, row, [], {}, None)

"""From journal batches to what one transaction writes. Pure but for describing; needs no file.

Done before the file is opened, so that the lease on it is short.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from driftgate.contracts.builtin.constraints import SeedMemory
from driftgate.proxy.dialects.describe import DECODE_LIMIT, Described, describe
from driftgate.proxy.dialects.remembered import Remembered
from driftgate.proxy.history.bodies import Kept
from driftgate.proxy.history.contract_sets import CONTRACTS, InForce
from driftgate.proxy.history.fingerprints import Seen
from driftgate.proxy.history.replay_rows import ROWS, Given, given, replay_columns
from driftgate.proxy.history.rows import call_row, request_body, response_body
from driftgate.proxy.history.slices import Sessions, split
from driftgate.proxy.history.table import Row
from driftgate.proxy.history.tries import PreparedTry, fallback, number_of_attempts, prepare_tries
from driftgate.proxy.history.verdicts import contract_id, verdict_columns, violation_rows
from driftgate.proxy.journal.assemble import Position
from driftgate.proxy.journal.reader import Batch, JournalEvent
from driftgate.proxy.judging import judged, late_findings
from driftgate.proxy.record import Recorded

# Calls, and bytes of theirs, that are described and judged together: a third faster than one by one.
TOGETHER, TOGETHER_BYTES = 256, 4 << 20

_LATE = "late"  # findings that are the last attempt's, and came with the history


@dataclass(slots=True)
class PreparedCall:
    """One call, ready but for what only the history knows.

    kept: the row as it was written, with what only the history knows; empty: it was not yet.
    forwarded_ns: when the request was on its way to the upstream, since the call's start.
    """

    started_ns: int
    writer: str
    row: Row
    tool_calls: list[Row]
    bodies: dict[str, Kept]  # by the column of `calls` that refers to it
    client_retry: int | None
    violations: list[Row] = field(default_factory=list)
    tries: list[PreparedTry] = field(default_factory=list)
    kept: Row = field(default_factory=dict)
    forwarded_ns: int | None = None


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
    rows: list[Given] = field(default_factory=list)  # of runs, turns and so on: see replay_rows

    def __bool__(self) -> bool:
        return bool(self.calls or self.writers or self.seen or self.gone or self.rows)


class Preparer:
    """Describes calls, judges them and cuts their bodies; remembers the last body of each session.

    contracts: those in force; what a restart needs of them is given to it.
    """

    def __init__(self, decode_limit: int = DECODE_LIMIT) -> None:
        self.contracts = InForce()
        self._decode_limit = decode_limit
        self._sessions = Sessions()
        self._remembered = Remembered()
        self._seeds = SeedMemory()

    def prepare(self, batches: list[Batch]) -> Prepared:
        """All calls of all writers in the order of their start."""
        for batch in batches:
            for event in batch.events:
                if event.kind == CONTRACTS:
                    self.contracts.note(batch.writer, event.at_ns, event.detail)
        calls = [
            call
            for batch in batches
            for group in _groups(batch.calls)
            for call in self._calls(batch.writer, group)
        ]
        calls.sort(key=lambda call: (call.started_ns, call.row["call_id"]))
        writers = [
            WriterState(
                batch.writer,
                batch.low,
                batch.done,
                [event for event in batch.events if event.kind != ROWS],
                [str(path) for path in batch.quarantined],
            )
            for batch in batches
        ]
        for batch in batches:
            if batch.finished:
                self.contracts.forget(batch.writer)
        return Prepared(calls, writers, rows=_rows(batches))

    def _calls(self, writer: str, calls: list[Recorded]) -> list[PreparedCall]:
        """Several together, one kind of work after the other, while its code is at hand."""
        described = [
            describe(recorded, decode_limit=self._decode_limit, remembered=self._remembered)
            for recorded in calls
        ]
        pairs = list(zip(calls, described, strict=True))
        verdicts = [self._judged(writer, *pair) for pair in pairs]
        return [
            self._call(writer, *pair, verdict)
            for pair, verdict in zip(pairs, verdicts, strict=True)
        ]

    def _judged(self, writer: str, recorded: Recorded, described: Described) -> dict[str, Any]:
        contracts = self.contracts.at(writer, recorded.started_ns)
        seeds = self._seeds if recorded.replayed is None else None  # the same again, on purpose
        if recorded.judged and seeds is None:
            return recorded.judged
        if recorded.judged:
            late = late_findings(recorded, described, contracts, self._seeds)
            return {**recorded.judged, _LATE: late} if late else recorded.judged
        return judged(
            recorded,
            described,
            contracts,
            seeds=seeds,
            decode_limit=self._decode_limit,
        )

    def _call(
        self, writer: str, recorded: Recorded, described: Described, verdict: dict[str, Any]
    ) -> PreparedCall:
        row = call_row(recorded, described)
        row.update(_verdict(recorded, verdict))
        row.update(replay_columns(recorded))
        return PreparedCall(
            recorded.started_ns,
            writer,
            row,
            _tool_calls(row["call_id"], described),
            self._bodies(recorded, described),
            described.identity.client_retry,
            _violations(recorded, row["call_id"], verdict),
            prepare_tries(recorded, row["call_id"], self._decode_limit),
            forwarded_ns=recorded.forwarded_ns,
        )

    def _bodies(self, recorded: Recorded, described: Described) -> dict[str, Kept]:
        identity, request = described.identity, described.request
        session = identity.thread_id or identity.session_id if recorded.replayed is None else None
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


def _rows(batches: list[Batch]) -> list[Given]:
    events = (event for batch in batches for event in batch.events)
    return [row for event in events if event.kind == ROWS for row in given(event)]


def _groups(calls: list[Recorded]) -> Iterator[list[Recorded]]:
    group: list[Recorded] = []
    size = 0
    for recorded in calls:
        group.append(recorded)
        size += recorded.request_size + recorded.response_size
        if len(group) >= TOGETHER or size >= TOGETHER_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _verdict(recorded: Recorded, verdict: dict[str, Any]) -> Row:
    row = {
        **verdict_columns(verdict),
        "contract_id": contract_id(verdict),
        "fallback": fallback(recorded),
        "attempts": number_of_attempts(recorded),
    }
    return {name: value for name, value in row.items() if value is not None}


def _violations(recorded: Recorded, call_id: str, verdict: dict[str, Any]) -> list[Row]:
    """Those of each attempt; of the call where it has none of its own."""
    if not recorded.attempts:
        return violation_rows(call_id, number_of_attempts(recorded), verdict)
    last, late = recorded.attempts[-1], verdict.get(_LATE)
    return [
        row
        for attempt in recorded.attempts
        for row in violation_rows(
            call_id,
            attempt.number,
            _with(attempt.judged, late) if late and attempt is last else attempt.judged,
        )
    ]


def _with(judged: dict[str, Any], late: list[Any]) -> dict[str, Any]:
    found = judged.get("violations")
    return {**judged, "violations": [*(found if isinstance(found, list) else ()), *late]}


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
    "parent_call_id",
    # what would count as a live call without them
    "arm",
    "run_id",
    "replay_of",
    "repetition",
)


def lean(call: PreparedCall, reason: str) -> PreparedCall:
    """The call without what strangers wrote, for when DuckDB refuses that."""
    row = {name: call.row[name] for name in _LEAN if name in call.row}
    row["error"] = f"driftgate could not keep this call's content: {reason[:500]}"
    return PreparedCall(call.started_ns, call.writer, row, [], {}, None)

"""The history's writer: opens the file, writes one transaction, closes it. One process at a time.

Rows and journal positions go in one transaction, so that each call is there exactly once however
often ingest is killed. Nothing here waits: a file that somebody holds is a HistoryBusyError, and
the caller comes again with the same Prepared.
"""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from driftgate.proxy.dialects.describe import DECODE_LIMIT
from driftgate.proxy.errors import HistoryError
from driftgate.proxy.history import contract_sets, replay_rows
from driftgate.proxy.history.bodies import Bodies, Kept, Tables
from driftgate.proxy.history.committed import Committed
from driftgate.proxy.history.connect import Writer, explain
from driftgate.proxy.history.facts import Facts
from driftgate.proxy.history.fingerprints import Seen
from driftgate.proxy.history.migrations import migrate
from driftgate.proxy.history.positions import read_positions, write_positions
from driftgate.proxy.history.prepare import Prepared, PreparedCall, Preparer, lean
from driftgate.proxy.history.replay_rows import IMPORTED, Given
from driftgate.proxy.history.retries import Retries
from driftgate.proxy.history.table import Row, column_types, encode, insert
from driftgate.proxy.history.tries import PreparedTry
from driftgate.proxy.journal.assemble import Position
from driftgate.proxy.journal.reader import Batch

log = logging.getLogger("driftgate")

RECENT = 10_000  # calls read at the start to recognise retries
_RECENT_COLUMNS = (
    "call_id",
    "retry_number",
    "retry_of",
    "thread_id",
    "turn_id",
    "request_digest",
    "response_id",
)


# what a value in a row can cause; a full disk, a lock or a broken file is none of these
_UNWRITABLE = (
    duckdb.DataError,
    duckdb.IntegrityError,
    duckdb.NotSupportedError,
    duckdb.ProgrammingError,
    duckdb.OutOfMemoryException,
)


class _Memory:
    """What is remembered of one file. Dropped after every failure and with another file."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, made_at: str, last_slice: int
    ) -> None:
        self.made_at = made_at
        self.tables: Tables = column_types(connection)
        self.bodies = Bodies(last_slice)
        self.retries = Retries()
        self.facts = Facts(connection)
        for row in _recent(connection):
            self.retries.note(row)


class Store:
    """Writes batches of calls into the history file.

    committed: what the last commit() brought, also where it failed half way.
    """

    def __init__(self, path: Path, *, decode_limit: int = DECODE_LIMIT) -> None:
        self.path = path
        self.committed = Committed()
        self._preparer = Preparer(decode_limit)
        self._writer = Writer(path)
        self._memory: _Memory | None = None

    def positions(self) -> dict[str, tuple[Position, Position]]:
        """(low, done) of every journal; makes and migrates the file.

        Raises:
            HistoryError: or one of its kinds.
        """
        with self._open() as connection:
            for writer, at_ns, contracts in contract_sets.recall(connection):
                self._preparer.contracts.note(writer, at_ns, contracts)
            return read_positions(connection)

    def fingerprints(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What the upstreams showed last, as of the last commit; see Facts.current()."""
        return self._memory.facts.current() if self._memory else {}

    def tidy(self) -> None:
        """Folds the write-ahead log into the file, so that the file is whole by itself."""
        if self.path.with_name(self.path.name + ".wal").exists():
            with self._open() as connection:
                connection.execute("CHECKPOINT")

    def prepare(self, batches: list[Batch]) -> Prepared:
        """Describes the calls of these batches; the file is not touched."""
        return self._preparer.prepare(batches)

    def apply(
        self, batches: list[Batch], *, seen: Sequence[Seen] = (), gone: Sequence[str] = ()
    ) -> int:
        """Prepares and commits in one go; gives the number of calls that are new.

        Raises:
            HistoryError: or one of its kinds; then nothing is written.
        """
        prepared = self.prepare(batches)
        prepared.seen, prepared.gone = list(seen), list(gone)
        return self.commit(prepared)

    def commit(self, prepared: Prepared) -> int:
        """Writes what was prepared, all of it or nothing. Returns and raises as apply()."""
        self.committed = Committed()
        if not prepared:
            return 0
        try:
            return self._commit(prepared)
        except HistoryError as error:
            if isinstance(error.__cause__, _UNWRITABLE):
                return self._salvage(prepared)
            raise

    def _salvage(self, prepared: Prepared) -> int:
        """Writes call by call, so that one that cannot be written costs itself alone."""
        count = 0
        for call in prepared.calls:
            try:
                count += self._commit(Prepared([call]))
            except HistoryError as error:
                if not isinstance(error.__cause__, _UNWRITABLE):
                    raise
                count += self._commit(Prepared([lean(call, str(error))]))
        rows = self._writable(prepared.rows)
        self._commit(replace(prepared, calls=[], rows=rows))
        return count

    def _writable(self, rows: list[Given]) -> list[Given]:
        """Those that DuckDB takes; tried, and taken back: they come with the positions, once."""
        if not rows:
            return []
        try:
            with self._open() as connection:
                assert self._memory is not None
                connection.execute("BEGIN")
                replay_rows.keep(connection, self._memory.tables, rows)
                connection.execute("ROLLBACK")
        except HistoryError as error:
            if not isinstance(error.__cause__, _UNWRITABLE):
                raise
            if len(rows) == 1:
                log.warning("a row of %s is left out: %.300s", rows[0][0], error)
                return []
            half = len(rows) // 2
            return self._writable(rows[:half]) + self._writable(rows[half:])
        return rows

    def _commit(self, prepared: Prepared) -> int:
        with self._open() as connection:
            memory = self._memory
            assert memory is not None
            connection.execute("BEGIN")
            calls = _missing(connection, prepared.calls)
            memory.facts.write(connection, memory.tables, prepared)
            _write_calls(connection, memory, calls)
            replay_rows.keep(connection, memory.tables, prepared.rows)
            write_positions(connection, memory.tables, prepared, memory.facts)
            connection.execute("COMMIT")
            self._note(prepared, calls, memory.facts)
            return len(calls)

    def _note(self, prepared: Prepared, calls: list[PreparedCall], facts: Facts) -> None:
        """They are kept, whatever closing the file may still say."""
        told = self.committed
        told.calls += calls
        told.rows += len(prepared.rows)
        told.given += prepared.rows
        told.quarantined += sum(len(state.quarantined) for state in prepared.writers)
        told.shown += facts.shown
        facts.shown.clear()

    @contextlib.contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = self._writer.open()
        done = False
        try:
            migrate(connection, self.path)
            self._recall(connection)
            yield connection
            self._writer.close()
            done = True
        except duckdb.Error as error:
            raise explain(error, self.path) from error
        finally:
            if not done:
                self._memory = None
                self._writer.drop()

    def _recall(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Forgets what was remembered if the file is another one, or an older copy, now."""
        found = connection.execute(
            "SELECT min(applied_at)::VARCHAR, (SELECT coalesce(max(slice_id), 0) FROM slices) "
            "FROM schema_migrations"
        ).fetchone()
        assert found is not None
        memory = self._memory
        if memory is None or (memory.made_at, memory.bodies.last) != found:
            self._memory = _Memory(connection, *found)


def _missing(
    connection: duckdb.DuckDBPyConnection, calls: list[PreparedCall]
) -> list[PreparedCall]:
    """The calls that the file does not hold yet, each once."""
    if not calls:
        return []
    distinct = {call.row["call_id"]: call for call in calls}
    rows = connection.execute(
        "SELECT replace(call_id::VARCHAR, '-', '') FROM all_calls WHERE started_at BETWEEN "
        "make_timestamp(?::BIGINT) AND make_timestamp(?::BIGINT) AND call_id IN "
        """(SELECT unnest(from_json(?::VARCHAR, '["VARCHAR"]'))::UUID)""",
        [calls[0].row["started_at"], calls[-1].row["started_at"], encode(list(distinct))],
    )
    for (call_id,) in rows.fetchall():
        del distinct[call_id]
    return list(distinct.values())


def _write_calls(
    connection: duckdb.DuckDBPyConnection, memory: _Memory, calls: list[PreparedCall]
) -> None:
    memory.bodies.keep(connection, memory.tables, (body for call in calls for body in _kept(call)))
    rows = [_linked(memory, call) for call in calls]
    for call, row in zip(calls, rows, strict=True):
        call.kept = row
    tool_calls = [row for call in calls for row in call.tool_calls]
    insert(connection, "all_calls", memory.tables["all_calls"], rows)
    insert(connection, "all_tool_calls", memory.tables["all_tool_calls"], tool_calls)
    tries = [_referring(each) for call in calls for each in call.tries]
    insert(connection, "tries", memory.tables["tries"], tries)
    violations = [row for call in calls for row in call.violations]
    insert(connection, "all_violations", memory.tables["all_violations"], violations)


def _kept(call: PreparedCall) -> Iterator[Kept]:
    """The bodies of a call and of its attempts; the client's own first, since it has the items."""
    yield from call.bodies.values()
    for each in call.tries:
        yield from each.bodies.values()


def _referring(attempt: PreparedTry) -> Row:
    ids = {column: kept.split.body_id.hex() for column, kept in attempt.bodies.items()}
    return {**attempt.row, **ids}


def _linked(memory: _Memory, call: PreparedCall) -> Row:
    row = dict(call.row)
    if "arm" not in row:  # a replay repeats on purpose
        memory.retries.link(row, call.client_retry)
    for column, body in call.bodies.items():
        row[column] = body.split.body_id.hex()
    if row.get("arm") == IMPORTED:  # what was in force here says nothing of elsewhere
        return row
    links = {"config_id": memory.facts.config_at(call.writer, call.started_ns)}
    if "run_id" not in row:  # a run names its servers itself, and one may be called as another here
        links["fingerprint_id"] = memory.facts.fingerprint_at(
            row["upstream"], row.get("model"), call.started_ns
        )
    row.update({name: value for name, value in links.items() if value is not None})
    return row


def _recent(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    columns = ", ".join(f"{name}::VARCHAR" for name in _RECENT_COLUMNS if name != "retry_number")
    rows = connection.execute(
        f"SELECT * FROM (SELECT {columns}, retry_number, started_at FROM calls "  # noqa: S608 - own names
        f"ORDER BY started_at DESC LIMIT {RECENT}) ORDER BY started_at"
    ).fetchall()
    names = [name for name in _RECENT_COLUMNS if name != "retry_number"]
    recent = []
    for *values, retry_number, _ in rows:
        row = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        for name in ("call_id", "retry_of"):
            if name in row:
                row[name] = row[name].replace("-", "")
        recent.append({**row, "retry_number": retry_number})
    return recent

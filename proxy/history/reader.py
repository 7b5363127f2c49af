"""Reading the history: a read-only, locked connection in which people's SQL runs.

SQL from people sees the history's tables and nothing else: no files, no network, no settings.
"""

import contextlib
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from driftgate.proxy import admin
from driftgate.proxy.errors import (
    HistoryBusyError,
    HistoryDamagedError,
    HistoryError,
    NotFoundError,
    QueryError,
    QuerySlowError,
)
from driftgate.proxy.history import connect, find, gate, many, migrations, restore
from driftgate.proxy.history.interrupting import interrupted_by_ctrl_c
from driftgate.proxy.history.stored import Stored
from driftgate.proxy.record import Recorded

MEMORY_LIMIT = "1GB"
DRAIN_TIMEOUT_S = 5.0
RETRY_S = 0.01
FILES = {  # what answers can be written as, and how DuckDB is told so
    "parquet": "FORMAT parquet",
    "csv": "FORMAT csv, HEADER true",
    "json": "FORMAT json, ARRAY true",
}


@dataclass(frozen=True, slots=True)
class Result:
    """Rows of an answer. types are DuckDB's names; cut: there was more than the limit."""

    columns: list[str]
    types: list[str]
    rows: list[tuple[Any, ...]]
    cut: bool

    def by_name(self) -> list[dict[str, Any]]:
        """The rows, each by the names of its columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@contextlib.contextmanager
def open_history(path: Path, *, wait_s: float = 10.0, drain: bool = True) -> Iterator["Reader"]:
    """Opens the history for reading; closes it at the end, since ingest waits meanwhile.

    drain: asks a running historian first to take in all calls that have ended.

    Raises:
        NotFoundError: there is no such file.
        HistoryBusyError: somebody held the file all of wait_s; names the holder.
        HistoryError: or one of its kinds: the file is damaged or newer.
    """
    if drain:
        admin.ask(admin.socket_path(path, "history"), {"op": "drain"}, DRAIN_TIMEOUT_S)
    reader = Reader(path, _connect(path, wait_s))
    try:
        yield reader
    finally:
        reader.close()


def _connect(path: Path, wait_s: float) -> duckdb.DuckDBPyConnection:
    deadline = time.monotonic() + wait_s
    while True:
        if not path.exists():
            raise NotFoundError(
                f"{path}: no history there; driftgate serve makes one, --history names another"
            )
        try:
            return connect.open_reader(path, MEMORY_LIMIT)
        except HistoryBusyError:
            if time.monotonic() >= deadline:
                raise
        time.sleep(RETRY_S)


class Reader:
    """An open history. While it is open, ingest waits. Not for several threads."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self._connection = connection
        self._stored = Stored(connection, path)
        self._folder = Path(tempfile.mkdtemp(prefix="driftgate-"))
        try:
            self._lock()
            self._check()
        except BaseException:
            self.close()
            raise

    def _lock(self) -> None:
        folder = str(self._folder).replace("'", "''")
        for statement in (
            f"SET allowed_directories = ['{folder}']",  # for write_file alone
            f"SET temp_directory = '{folder}'",
            "SET TimeZone = 'UTC'",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            self._connection.execute(statement)

    def _check(self) -> None:
        applied = migrations.check(self._connection, self.path)
        if not applied:
            raise HistoryDamagedError(f"{self.path} is an empty DuckDB file, no history yet")
        missing = [step.name for step in migrations.known() if step.name not in applied]
        if missing:  # a reader may not write, and the writer that runs may be an older driftgate
            raise HistoryError(
                f"{self.path} has no schema {missing[0]} yet: it was written by an older driftgate; "
                "(re)start driftgate serve, which brings it up to date and loses nothing"
            )

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def ask(
        self,
        sql: str,
        parameters: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        limit: int | None = None,
        timeout_s: float | None = None,
    ) -> Result:
        """Runs one statement that only reads.

        parameters: in the order of the question marks, or by name, as in `$since`.

        Raises:
            QueryError: it is refused, does not run, or took longer than timeout_s.
        """
        text = gate.check(self._connection, sql, self.path.name)
        with self._running(timeout_s) as cursor:
            cursor.execute(text, parameters)
            zoned = _without_zones(text, cursor.description or [])
            if zoned is not None:
                cursor.execute(zoned, parameters)
            described = cursor.description or []
            rows = cursor.fetchall() if limit is None else cursor.fetchmany(limit + 1)
        names, types = [str(d[0]) for d in described], [str(d[1]) for d in described]
        cut = limit is not None and len(rows) > limit
        return Result(names, types, rows[:limit] if cut else rows, cut)

    def write_parquet(self, sql: str, target: Path, *, timeout_s: float | None = None) -> int:
        """Writes the answer to a Parquet file; gives the number of rows. Errors as ask()."""
        return self.write_file(sql, target, "parquet", timeout_s=timeout_s)

    def write_file(
        self, sql: str, target: Path, form: str = "parquet", *, timeout_s: float | None = None
    ) -> int:
        """Writes the answer to a file as DuckDB does; gives the number of rows. Errors as ask().

        form: one of FILES.
        """
        text = gate.check(self._connection, sql, self.path.name)
        made = self._folder / f"answer.{form}"
        inside = str(made).replace("'", "''")
        with self._running(timeout_s) as cursor:
            row = cursor.execute(
                f"COPY ({text}\n) TO '{inside}' ({FILES[form]})"  # people's SQL, checked above
            ).fetchone()
        # DuckDB 2.x gives no count for PIVOT
        count = row[0] if row else self._count(f"read_{form}('{inside}')")
        shutil.move(made, target)
        return int(count)

    def _count(self, file: str) -> int:
        with self._running(None) as cursor:
            row = cursor.execute(
                f"SELECT count(*) FROM {file}"  # noqa: S608 - our own folder
            ).fetchone()
        return int(row[0]) if row else 0

    def find_call(self, prefix: str) -> str:
        """The full id of the call whose id begins so.

        Raises:
            NotFoundError: none does, or several do; names the nearest or the last calls.
        """
        return find.call(self._connection, prefix)

    def request_bytes(self, call_id: str) -> bytes:
        """The request body as the client sent it, up to the recording limit.

        Raises:
            NotFoundError: no such call.
            HistoryDamagedError: a slice of it is missing or broken.
        """
        return self._stored.of_call(self.find_call(call_id), "request_body")

    def response_bytes(self, call_id: str) -> bytes:
        """The response body as the upstream sent it. Errors as request_bytes()."""
        return self._stored.of_call(self.find_call(call_id), "response_body")

    def bodies(self, row: Mapping[str, Any]) -> tuple[bytes, bytes]:
        """Request and response bytes of a row of `all_calls`, in one look at all bodies.

        Raises:
            HistoryDamagedError: as request_bytes().
        """
        found = self._stored.of_rows([row])
        return found[row["request_body"]], found[row["response_body"]]

    def attempt_request_bytes(self, call_id: str, attempt: int) -> bytes:
        """The request body as it was sent to the upstream in an attempt, counted from 1.

        Raises:
            NotFoundError: no such call, or no such attempt of it.
            HistoryDamagedError: as request_bytes().
        """
        return self._stored.of_attempt(self.find_call(call_id), attempt, "request_body")

    def attempt_response_bytes(self, call_id: str, attempt: int) -> bytes:
        """The response body that came back in an attempt. Errors as attempt_request_bytes()."""
        return self._stored.of_attempt(self.find_call(call_id), attempt, "response_body")

    def recorded(self, call_id: str) -> Recorded:
        """The call as it was recorded: bytes, headers, times; without attempts and verdict.

        Errors as request_bytes().
        """
        return self.recorded_many([self.find_call(call_id)])[0]

    def recorded_many(self, call_ids: Sequence[str]) -> list[Recorded]:
        """Several calls, by full ids, in the order asked. Errors as request_bytes()."""
        return many.recorded(self._connection, self._stored, call_ids)

    def recorded_attempt(self, call_id: str, attempt: int) -> Recorded:
        """One attempt as if it were the whole call. Errors as attempt_request_bytes()."""
        call = self.recorded(call_id)
        full = self.find_call(call_id)
        request = self.attempt_request_bytes(full, attempt)
        asked = self._connection.cursor().execute(
            "FROM all_attempts WHERE call_id = ?::UUID AND attempt = ?", [full, attempt]
        )
        response = self.attempt_response_bytes(full, attempt)
        return restore.attempt(call, _first_row(asked), request, response)

    @contextlib.contextmanager
    def _running(self, timeout_s: float | None) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._connection.cursor()
        late = threading.Event()

        def stop() -> None:
            late.set()
            cursor.interrupt()

        timer = threading.Timer(timeout_s, stop) if timeout_s else None
        if timer:
            timer.start()
        try:
            with interrupted_by_ctrl_c(cursor):
                yield cursor
        except duckdb.Error as error:
            if late.is_set():
                raise QuerySlowError(
                    f"stopped after {timeout_s:g} s; --timeout allows more"
                ) from None
            raise QueryError(" ".join(str(error).split()), str(error)) from None
        finally:
            if timer:
                timer.cancel()
            cursor.close()


def _first_row(asked: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    columns = [str(column[0]) for column in asked.description or []]
    return dict(zip(columns, asked.fetchone() or (), strict=True))


def _without_zones(sql: str, description: Sequence[Sequence[Any]]) -> str | None:
    """The same question with times in plain UTC; DuckDB 1.x needs pytz to give others away."""
    names = [str(column[0]) for column in description]
    zoned = [
        name
        for name, column in zip(names, description, strict=True)
        if "TIME ZONE" in str(column[1])
    ]
    if not zoned or len(set(names)) < len(names):
        return None
    casts = ", ".join('"{0}"::TIMESTAMP AS "{0}"'.format(name.replace('"', '""')) for name in zoned)
    return f"SELECT * REPLACE ({casts}) FROM ({sql}\n)"  # noqa: S608 - people's SQL, checked

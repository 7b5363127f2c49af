"""Bodies out of the file, put together again: of calls, and of their attempts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from driftgate.proxy.errors import HistoryDamagedError, NotFoundError
from driftgate.proxy.history.slices import join


class Stored:
    """The bodies of one open history. `path` is for messages."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def of_call(self, call_id: str, column: str) -> bytes:
        """The body that a column of `calls` refers to; `call_id` in full.

        Raises:
            HistoryDamagedError: a slice of it is missing or broken.
        """
        sql = f"SELECT {column} FROM all_calls WHERE call_id = ?::UUID"  # noqa: S608 - own names
        found = self._row(sql, [call_id])
        return self._body(f"call {call_id}", found[0] if found else None)

    def of_attempt(self, call_id: str, attempt: int, column: str) -> bytes:
        """The body of one attempt; a request that was sent unchanged is the call's own.

        Raises:
            NotFoundError: there is no such attempt.
            HistoryDamagedError: as of_call().
        """
        sql = f"SELECT {column} FROM all_attempts WHERE call_id = ?::UUID AND attempt = ?"  # noqa: S608 - own names
        found = self._row(sql, [call_id, attempt])
        if found is None:
            raise NotFoundError(f"call {call_id} has no attempt {attempt}; {self._known(call_id)}")
        if found[0] is None and column == "request_body":
            return self.of_call(call_id, column)
        return self._body(f"attempt {attempt} of call {call_id}", found[0])

    def of_rows(self, rows: Sequence[Mapping[str, Any]]) -> dict[Any, bytes]:
        """The request and response bodies of rows of `all_calls`, by body id; of None: nothing.

        Raises:
            HistoryDamagedError: as of_call().
        """
        owners = {
            row[column]: f"call {row['call_id']}"
            for row in rows
            for column in ("request_body", "response_body")
            if row[column] is not None
        }
        wanted = "body_id IN (SELECT unnest(?::VARCHAR[])::UUID)"
        sql = f"SELECT body_id, size, slices FROM {_bodies(wanted)}"  # noqa: S608 - own names
        found = self._connection.cursor().execute(sql, [[str(each) for each in owners]]).fetchall()
        slices = self._slices_by_id({each for _, _, ids in found for each in ids})
        bodies: dict[Any, bytes] = {None: b""}
        for body_id, size, ids in found:
            bodies[body_id] = self._joined(owners[body_id], size, ids, slices)
        return {**dict.fromkeys(owners, b""), **bodies}

    def _known(self, call_id: str) -> str:
        found = self._row("SELECT attempts FROM all_calls WHERE call_id = ?::UUID", [call_id])
        number = found[0] if found else 0
        return f"it has {number}, counted from 1" if number else "nothing was sent to an upstream"

    def _row(self, sql: str, parameters: list[Any]) -> tuple[Any, ...] | None:
        return self._connection.cursor().execute(sql, parameters).fetchone()

    def _body(self, whose: str, body_id: Any) -> bytes:
        sql = f"SELECT size, slices FROM {_bodies('body_id = ?')}"  # noqa: S608 - own names
        found = None if body_id is None else self._row(sql, [body_id])
        if found is None:
            return b""
        size, ids = found
        return self._joined(whose, size, ids, self._slices_by_id(set(ids)))

    def _joined(
        self, whose: str, size: int, ids: list[int], slices: Mapping[int, tuple[str, int, bytes]]
    ) -> bytes:
        try:
            body = join([slices[each] for each in ids])
        except (KeyError, ValueError) as error:
            raise HistoryDamagedError(f"{self._path}: body of {whose}: {error}") from error
        if len(body) != size:
            raise HistoryDamagedError(f"{self._path}: body of {whose}: not {size} bytes")
        return body

    def _slices_by_id(self, ids: set[int]) -> dict[int, tuple[str, int, bytes]]:
        if not ids:
            return {}
        wanted = ", ".join(map(str, sorted(ids)))
        # written out, so that DuckDB skips the row groups that hold none of them
        rows = (
            self._connection.cursor()
            .execute(f"SELECT slice_id, codec, size, data FROM slices WHERE slice_id IN ({wanted})")  # noqa: S608 - numbers
            .fetchall()
        )
        return {slice_id: (codec, size, data) for slice_id, codec, size, data in rows}


def _bodies(condition: str) -> str:
    """Those bodies. By rowid, so that their slices are read in the row groups that hold them alone."""
    return f"bodies WHERE rowid IN (SELECT rowid FROM bodies WHERE {condition})"  # noqa: S608 - own names

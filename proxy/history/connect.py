"""Opening the history: how a connection is made, and what DuckDB's refusals mean.

DuckDB gives a file to one process at a time, by a POSIX record lock. Never open, copy or hash the
file from a process that has it open: closing any other descriptor drops the lock.
"""

import errno
import re
from pathlib import Path

import duckdb

from driftgate.proxy.errors import (
    HistoryBusyError,
    HistoryDamagedError,
    HistoryError,
    HistoryNewerError,
)

STORAGE_VERSION = "v1.2.0"  # readable by DuckDB 1.2 and all that came after
WRITER_MEMORY = "1GB"
# A checkpoint writes the last row group anew, so that it is kept small; and one for each batch
# would cost more than the batch, so that the log takes a few. Opening replays the log: 10 ms a MB.
ROW_GROUP_ROWS = 2048
BLOCK_BYTES = 65536  # a quarter of DuckDB's own: small histories are half as large
WAL_MB = 8
# a file of another kind would make DuckDB fetch an extension from the network
_ALONE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
_HOLDER = re.compile(r"[Cc]onflicting lock is held in (.+? \(PID \d+\))")
_BUSY = ("Could not set lock", "different configuration", "Unique file handle conflict")
_DAMAGED = (
    duckdb.InternalException,
    duckdb.FatalException,
    duckdb.SerializationException,
)
_DAMAGE_WORDS = (
    "not a valid duckdb database file",
    "corrupt",
    "checksum",
    "failure while replaying",
    "could not read enough bytes",
    "is a directory",
    "_scanner",  # the file is SQLite's, say
)


class Writer:
    """DuckDB kept ready in this process; the file is attached only while it is open.

    Making an instance costs 10 to 20 ms of CPU, attaching a file to it 2 ms.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: duckdb.DuckDBPyConnection | None = None

    def open(self) -> duckdb.DuckDBPyConnection:
        """The file read-write, made when it is not there.

        Raises:
            HistoryError: or one of its kinds; says who holds the file, or what is wrong with it.
        """
        try:
            connection = self._connection = self._connection or _instance()
            _attach(connection, self._path)
        except duckdb.Error as error:
            self.drop()
            raise explain(error, self._path) from error
        return connection

    def close(self) -> None:
        """Gives the file free; nothing may be uncommitted."""
        if self._connection is not None:
            self._connection.execute("USE memory")
            self._connection.execute("DETACH history")

    def drop(self) -> None:
        """Gives the file free after a failure: rolls back, and ends the instance too."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _instance() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"memory_limit": WRITER_MEMORY, "threads": "1", **_ALONE})
    connection.execute("PRAGMA disable_checkpoint_on_shutdown")
    connection.execute(f"SET wal_autocheckpoint = '{WAL_MB}MB'")
    return connection


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    # a file that is there keeps its version: DuckDB refuses to lower it
    made = f"STORAGE_VERSION '{STORAGE_VERSION}', BLOCK_SIZE {BLOCK_BYTES}, "
    quoted = str(path).replace("'", "''")
    connection.execute(
        f"ATTACH '{quoted}' AS history ({'' if path.exists() else made}ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
    )
    connection.execute("USE history")


def open_reader(path: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """The file read-only. Errors as with Writer.open."""
    try:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            **_ALONE,
        }
        return duckdb.connect(str(path), read_only=True, config=config)
    except duckdb.Error as error:
        raise explain(error, path) from error


def explain(error: duckdb.Error, path: Path) -> HistoryError:
    """What an error of DuckDB's means for the history, in one line."""
    text = " ".join(str(error).split())
    if any(words in text for words in _BUSY):
        found = _HOLDER.search(text)
        holder = found.group(1) if found else "another connection"
        return HistoryBusyError(
            f"{path} is held by {holder}; it is free once that program closes it"
        )
    if "we can only read versions between" in text:
        return HistoryNewerError(
            f"{path} was written by a newer DuckDB than the {duckdb.__version__} installed here; "
            f"upgrade duckdb ({text})"
        )
    if isinstance(error, _DAMAGED) or any(word in text.lower() for word in _DAMAGE_WORDS):
        return HistoryDamagedError(
            f"{path} is damaged or no DuckDB file; move it away, and a new one is begun ({text})"
        )
    return HistoryError(f"{path}: {_plain(text, path)}")


def _plain(text: str, path: Path) -> str:
    if not path.parent.is_dir():
        return f"the folder {path.parent} does not exist; make it"
    if "No space left" in text or f"errno {errno.ENOSPC}" in text:
        return f"the disk is full; make room ({text})"
    return text

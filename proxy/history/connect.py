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
)


def open_writer(path: Path) -> duckdb.DuckDBPyConnection:
    """The file read-write, made when it is not there.

    Raises:
        HistoryError: or one of its kinds; says who holds the file, or what is wrong with it.
    """
    connection = duckdb.connect(config={"memory_limit": WRITER_MEMORY, "threads": "1"})
    # a file that is there keeps its version: DuckDB refuses to lower it
    made = f"STORAGE_VERSION '{STORAGE_VERSION}', BLOCK_SIZE {BLOCK_BYTES}, "
    quoted = str(path).replace("'", "''")
    try:
        connection.execute(
            f"ATTACH '{quoted}' AS history ({'' if path.exists() else made}ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
        )
        connection.execute("USE history")
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        connection.execute(f"SET wal_autocheckpoint = '{WAL_MB}MB'")
    except duckdb.Error as error:
        connection.close()
        raise explain(error, path) from error
    return connection


def open_reader(path: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """The file read-only. Errors as with open_writer."""
    try:
        return duckdb.connect(str(path), read_only=True, config={"memory_limit": memory_limit})
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

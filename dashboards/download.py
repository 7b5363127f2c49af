"""The whole answer to a typed query, written to a file by DuckDB itself: it need not fit the memory."""

from pathlib import Path
from typing import TYPE_CHECKING

from driftgate.proxy.errors import QueryError
from driftgate.proxy.history.gate import open_ended

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

FORMATS = {  # by the file's ending
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
}
_FLOATS = frozenset({"FLOAT", "DOUBLE"})


def write(sql: str, target: Path, form: str, timeout_s: float, reader: "Reader") -> int:
    """Writes it, and gives the number of rows. Errors as of `Reader.ask`."""
    text = _finite(sql, timeout_s, reader) if form == "json" else sql
    return reader.write_file(text, target, form, timeout_s=timeout_s)


def _finite(sql: str, timeout_s: float, reader: "Reader") -> str:
    """The query with NULL in the place of NaN and infinity, which JSON cannot hold."""
    head = reader.ask(sql, limit=0, timeout_s=timeout_s)
    if len(set(head.columns)) < len(head.columns):
        return sql
    floats = [name for name, kind in zip(head.columns, head.types, strict=True) if kind in _FLOATS]
    if not floats:
        return sql
    quoted = ['"{}"'.format(name.replace('"', '""')) for name in floats]
    replaced = ", ".join(f"CASE WHEN isfinite({name}) THEN {name} END AS {name}" for name in quoted)
    wrapped = f"SELECT * REPLACE ({replaced}) FROM (\n{open_ended(sql)}\n)"  # noqa: S608 - people's SQL; the reader checks it
    try:
        reader.ask(f"EXPLAIN {wrapped}", timeout_s=timeout_s)
    except QueryError:
        return sql  # DESCRIBE and the like cannot stand inside another statement
    return wrapped

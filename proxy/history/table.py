"""Inserting rows: one JSON text a statement, which DuckDB takes apart itself.

The fastest way that both DuckDB 1.5 and 2.x offer without numpy or pyarrow: values that cross as
Python objects cost DuckDB 1.5.5 about 100 us each when numpy is absent, a row as JSON 10 us.
Absent keys are NULL, so that a row costs only what it holds.
"""

from binascii import b2a_base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
from pydantic_core import PydanticSerializationError, to_json

Row = dict[str, Any]
Types = Mapping[str, str]  # column -> DuckDB's type

CHUNK_ROWS = 500
CHUNK_BYTES = 4 << 20  # of JSON text a statement, a little more or less

# how a type is written in the JSON, and how it comes out of it
_WRITTEN = {
    "UUID": ("VARCHAR", 'r."{}"::UUID'),
    "TIMESTAMP": ("BIGINT", 'make_timestamp(r."{}")'),  # microseconds since the epoch
    "BLOB": ("VARCHAR", 'from_base64(r."{}")'),
}


def column_types(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """The types of all columns, by table."""
    tables: dict[str, dict[str, str]] = {}
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
    )
    for table, column, kind in rows.fetchall():
        tables.setdefault(table, {})[column] = kind
    return tables


def blob(data: bytes) -> bytes:
    """A value for a BLOB column."""
    return b2a_base64(data, newline=False)


def insert(
    connection: duckdb.DuckDBPyConnection, table: str, types: Types, rows: Sequence[Row]
) -> None:
    """Inserts rows. UUIDs are hex texts, times are microseconds, blobs come from blob()."""
    for start in range(0, len(rows), CHUNK_ROWS):
        chunk = rows[start : start + CHUNK_ROWS]
        used = sorted(set().union(*chunk))
        statement = _statement(table, types, used)
        for text in _texts(chunk):
            connection.execute(statement, [text])


def _statement(table: str, types: Types, used: Sequence[str]) -> str:
    written = {column: _WRITTEN.get(types[column], (types[column], 'r."{}"')) for column in used}
    names = ", ".join(f'"{column}"' for column in used)
    shape = to_json([{column: kind for column, (kind, _) in written.items()}]).decode()
    values = ", ".join(value.format(column) for column, (_, value) in written.items())
    return (
        f"INSERT INTO {table} ({names}) SELECT {values} "  # noqa: S608 - names of the schema only
        f"FROM (SELECT unnest(from_json(?::VARCHAR, '{shape}')) AS r)"
    )


def _texts(rows: Sequence[Row]) -> Iterator[str]:
    """The rows as JSON arrays of bounded size."""
    text = encode(rows)
    if len(text) <= CHUNK_BYTES or len(rows) == 1:
        yield text
        return
    half = len(rows) // 2
    yield from _texts(rows[:half])
    yield from _texts(rows[half:])


def encode(value: Any) -> str:
    """A value as JSON text; what is no Unicode (lone surrogates) becomes a question mark."""
    try:
        return to_json(value, inf_nan_mode="null").decode()
    except (PydanticSerializationError, UnicodeError):
        return to_json(_clean(value), inf_nan_mode="null").decode()


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(inner) for inner in value]
    return value

"""Inserting rows: one JSON text a statement, which DuckDB takes apart itself.

The fastest way that both DuckDB 1.5 and 2.x offer without numpy or pyarrow: values that cross as
Python objects cost DuckDB 1.5.5 about 100 us each when numpy is absent, a row as JSON 10 us.
Absent keys are NULL, so that a row costs only what it holds.
"""

from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
from pydantic_core import PydanticSerializationError, to_json

Row = dict[str, Any]
Types = Mapping[str, str]  # column -> DuckDB's type

CHUNK_ROWS = 1000
CHUNK_BYTES = 4 << 20  # of JSON text a statement, a little more or less

# how a type is written in the JSON, and how it comes out of it
_WRITTEN = {
    "UUID": ("VARCHAR", "{}::UUID"),
    "TIMESTAMP": ("BIGINT", "make_timestamp({})"),  # microseconds since the epoch
    "BLOB": ("VARCHAR", "from_base64({})"),
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


def insert(
    connection: duckdb.DuckDBPyConnection, table: str, types: Types, rows: Sequence[Row]
) -> None:
    """Inserts rows. UUIDs are hex texts, times are microseconds, blobs are bytes."""
    for start in range(0, len(rows), CHUNK_ROWS):
        _insert(connection, table, types, rows[start : start + CHUNK_ROWS])


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, types: Types, rows: Sequence[Row]
) -> None:
    """One statement, or several where the text would be too long.

    A column whose values are all equal crosses once: in one batch most calls share their model,
    outcome, path and so on.
    """
    shared, varying = _columns(rows, types)
    text = encode(varying)
    if len(text) > CHUNK_BYTES and len(rows) > 1:
        half = len(rows) // 2
        _insert(connection, table, types, rows[:half])
        _insert(connection, table, types, rows[half:])
        return
    connection.execute(_statement(table, types, shared, varying), [text, encode(shared)])


def _columns(rows: Sequence[Row], types: Types) -> tuple[Row, dict[str, list[Any]]]:
    """The columns with one value for all rows, and those with a list of values."""
    shared: Row = {}
    varying: dict[str, list[Any]] = {}
    for name in sorted(set().union(*rows)):
        values = [row.get(name) for row in rows]
        if types[name] == "BLOB":
            values = [None if data is None else b2a_base64(data, newline=False) for data in values]
        first = values[0]
        if varying and values.count(first) == len(values):
            shared[name] = first
        else:
            varying[name] = values
    return shared, varying


def _statement(table: str, types: Types, shared: Row, varying: Mapping[str, Any]) -> str:
    names = ", ".join(f'"{name}"' for name in (*varying, *shared))
    values = [_value(types[name], f'unnest(v."{name}")') for name in varying]
    values += [_value(types[name], f's."{name}"') for name in shared]
    lists = encode({name: [_written(types[name])] for name in varying})
    single = encode({name: _written(types[name]) for name in shared} or {"none": "VARCHAR"})
    return (
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} "  # noqa: S608 - names of the schema only
        f"FROM (SELECT from_json(?::VARCHAR, '{lists}') AS v, from_json(?::VARCHAR, '{single}') AS s)"
    )


def _written(kind: str) -> str:
    return _WRITTEN[kind][0] if kind in _WRITTEN else kind


def _value(kind: str, written: str) -> str:
    return _WRITTEN[kind][1].format(written) if kind in _WRITTEN else written


def keep_once(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Types], table: str, row: Row
) -> None:
    """Inserts a row whose first column is a content hash, unless it is there."""
    column = next(iter(row))
    found = connection.execute(
        f"SELECT 1 FROM {table} WHERE {column} = ?::UUID",  # noqa: S608 - names of the schema
        [row[column]],
    ).fetchone()
    if found is None:
        insert(connection, table, tables[table], [row])


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

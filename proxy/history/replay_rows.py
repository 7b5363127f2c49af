"""What the history keeps beside calls: of replays and of agents' turns, as rows of its tables.

A run writes selections, results and findings to its journal as rows, the agents' host what is done
in turns, and they come in with the calls, in one transaction. A row that does not fit its table is
left out, and said: it must hold up nothing else. An imported set brings rows too: fingerprints of
the backends elsewhere that answered its calls.
"""

import json
import logging
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from driftgate.proxy.history.bodies import Tables
from driftgate.proxy.history.table import Row, Types, encode, insert
from driftgate.proxy.journal.reader import JournalEvent
from driftgate.proxy.record import Recorded

ROWS = "rows"  # the kind of the event; its detail is {"table": ..., "rows": [...]}
# what must be there, by table: their NOT NULL columns
REQUIRED = {
    "selections": ("selection_id", "made_at"),
    "selection_calls": ("selection_id", "position", "call_id"),
    "runs": ("run_id", "started_at"),
    "run_results": ("run_id", "finished_at"),
    "findings": ("run_id", "finished_at"),
    "fingerprints": ("fingerprint_id", "first_at", "facts"),
    "agent_starts": ("call_id", "attempt", "started_at"),
    "agent_ends": ("call_id", "attempt", "ended_at"),
    "agent_item_rows": ("call_id", "attempt", "position", "happened_at"),
    "trajectory_runs": ("run_id",),
    "trajectories": (
        *("trajectory_id", "run_id", "arm", "replay_of", "repetition", "started_at", "ended_at"),
    ),
}
# what never changes, and comes once: a content hash or an id, and what else tells rows apart
_ONCE = {
    "selections": ("selection_id", "name"),
    "selection_calls": ("selection_id", "position"),
    "runs": ("run_id",),
    "trajectory_runs": ("run_id",),
    "trajectories": ("trajectory_id",),
    "fingerprints": ("fingerprint_id",),
    "agent_starts": ("call_id", "attempt"),
}
IMPORTED = "imported"
_TABLES = {table: table for table in REQUIRED}
_SAID = 10  # misfits that are told one by one
_NONE = bytes(16)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BITS = {"INTEGER": 31, "BIGINT": 63}
_UUID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}(\1[0-9a-f]{4}){2}\1[0-9a-f]{12}", re.ASCII)
_ARM = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)

Given = tuple[str, dict[str, Any]]  # a table and a row of it, as the journal has it

log = logging.getLogger("driftgate")


def replay_columns(recorded: Recorded) -> Row:
    """The columns of `all_calls` that mark a replay; none of a live call.

    Whatever the journal says, the mark can be written: without it the call would count as live.
    """
    mark = recorded.replayed
    if mark is None:
        return {}
    row: Row = {
        "arm": mark.arm if _ARM.fullmatch(mark.arm) else "unknown",
        "repetition": min(mark.repetition, (1 << _BITS["INTEGER"]) - 1),
    }
    if mark.run_id != _NONE:
        row["run_id"] = mark.run_id.hex()
    if mark.of != _NONE:
        row["replay_of"] = mark.of.hex()
    answered_by = recorded.judged.get("fingerprint_id")
    if mark.arm == IMPORTED and isinstance(answered_by, str) and _UUID.fullmatch(answered_by):
        row["fingerprint_id"] = answered_by.replace("-", "")
    return row


def given(event: JournalEvent) -> list[Given]:
    """The rows that an event brings; none, and a line in the log, where it cannot be read."""
    try:
        told = json.loads(event.detail)
        table, rows = _TABLES[told["table"]], list(told["rows"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        log.warning("rows of a journal are left out: %.300s", repr(error))
        return []
    return [(table, row) for row in rows]


def leave_out_misfits(rows: list[Given], tables: Tables) -> list[Given]:
    """Takes those that fit no table out of the list, saying so; gives the others, to be written."""
    fitting, kept, left_out = [], [], 0
    for each in rows:
        try:
            fitting.append((each[0], _row(each, tables[each[0]])))
            kept.append(each)
        except (ValueError, TypeError, OverflowError) as error:
            left_out += 1
            if left_out <= _SAID:
                log.warning("a row of %s is left out: %.300s", each[0], error)
    if left_out > _SAID:
        log.warning("%d more rows are left out", left_out - _SAID)
    rows[:] = kept
    return fitting


def keep(connection: duckdb.DuckDBPyConnection, tables: Tables, rows: list[Given]) -> None:
    """Inserts the rows, but for misfits, which leave the list, and what is there already."""
    by_table: dict[str, list[Row]] = {}
    for table, row in leave_out_misfits(rows, tables):
        by_table.setdefault(table, []).append(row)
    for table, fitting in by_table.items():
        once = _ONCE.get(table)
        new = list(_new(connection, table, once, fitting)) if once else fitting
        insert(connection, table, tables[table], new)


def _new(
    connection: duckdb.DuckDBPyConnection, table: str, key: tuple[str, ...], rows: list[Row]
) -> Iterator[Row]:
    """Those whose key is not there yet, each once. A name is new; to have none is not."""
    first, *others = key
    asked = connection.execute(
        f"SELECT DISTINCT replace({first}::VARCHAR, '-', ''), {', '.join(others) or 'NULL'} "  # noqa: S608 - names of the schema
        f"""FROM {table} WHERE {first} IN (SELECT unnest(from_json(?::VARCHAR, '["VARCHAR"]'))::UUID)""",
        [encode(sorted({row[first] for row in rows}))],
    )
    found = {tuple(each) for each in asked.fetchall()}
    known = {each[0] for each in found}
    for row in rows:
        which = (row[first], row.get(others[0]) if others else None)
        if which not in found and not (which[1] is None and row[first] in known):
            found.add(which)
            known.add(row[first])
            yield row


def _row(given: Given, types: Types) -> Row:
    """A row as `insert` takes it; columns that this driftgate does not know are left out."""
    table, told = given
    row = {name: _value(name, told[name], types[name]) for name in told if name in types}
    row = {name: value for name, value in row.items() if value is not None}
    missing = [name for name in REQUIRED[table] if name not in row]
    if missing:
        raise ValueError(f"it has no {missing[0]}")
    return row


def _value(name: str, value: Any, kind: str) -> Any:
    """The value as `insert` takes it, of exactly the column's type; a number that is none is None."""
    if value is None:
        return None
    if kind in ("UUID", "TIMESTAMP", "VARCHAR") and isinstance(value, str):
        return _text(name, value, kind)
    if kind.endswith("[]") and isinstance(value, list):
        return [_value(name, each, kind.removesuffix("[]")) for each in value]
    if kind == "BOOLEAN" and type(value) is bool:
        return value
    if kind == "DOUBLE" and type(value) in (int, float):
        return float(value) if math.isfinite(value) else None
    if kind in _BITS and type(value) in (int, float) and value == int(value):
        if not -(1 << _BITS[kind]) <= value < 1 << _BITS[kind]:
            raise ValueError(f"{name} is out of range")
        return int(value)
    raise TypeError(f"{name} is a {type(value).__name__}, no {kind}")


def _text(name: str, value: str, kind: str) -> Any:
    if kind == "VARCHAR":
        return value
    if kind == "UUID":
        if not _UUID.fullmatch(value.lower()):
            raise ValueError(f"{name} is no UUID: {value[:60]!r}")
        return value.lower().replace("-", "")
    at = datetime.fromisoformat(value)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return (at - _EPOCH) // timedelta(microseconds=1)

"""What the history keeps of replays beside their calls: selections, runs, results, findings.

A run writes them to its journal as rows, and they come in with the calls, in one transaction.
"""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from driftgate.proxy.call import text_id
from driftgate.proxy.history.bodies import Tables
from driftgate.proxy.history.table import Row, Types, insert
from driftgate.proxy.journal.reader import JournalEvent
from driftgate.proxy.record import Recorded

ROWS = "rows"  # the kind of the event; its detail is {"table": ..., "rows": [...]}
_OWN = {each: each for each in ("selections", "selection_calls", "runs", "run_results", "findings")}
_NONE = bytes(16)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

log = logging.getLogger("driftgate")


def replay_columns(recorded: Recorded) -> Row:
    """The columns of `all_calls` that mark a replay; none of a live call."""
    mark = recorded.replayed
    if mark is None:
        return {}
    row: Row = {"arm": mark.arm, "repetition": mark.repetition}
    if mark.run_id != _NONE:
        row["run_id"] = mark.run_id.hex()
    if mark.of != _NONE:
        row["replay_of"] = mark.of.hex()
    return row


def keep(connection: duckdb.DuckDBPyConnection, tables: Tables, event: JournalEvent) -> None:
    """Inserts the rows of an event; what fits no table is left out, and said."""
    try:
        told = json.loads(event.detail)
        table, given = told["table"], told["rows"]
        types = tables[_OWN[table]]
        rows = [_row(each, types) for each in given]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        log.warning("rows of a journal are left out: %r", error)
        return
    if rows:
        insert(connection, table, types, rows)


def _row(given: dict[str, Any], types: Types) -> Row:
    """A row as `insert` takes it; columns that this driftgate does not know are left out."""
    row = {}
    for name, value in given.items():
        if name in types and value is not None:
            row[name] = _value(value, types[name])
    return row


def _value(value: Any, kind: str) -> Any:
    if kind == "UUID":
        return text_id(bytes.fromhex(str(value).replace("-", "")))
    if kind == "TIMESTAMP":
        at = datetime.fromisoformat(str(value))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        return (at - _EPOCH) // timedelta(microseconds=1)
    if kind == "VARCHAR":
        return str(value)
    if kind in ("INTEGER", "BIGINT"):
        return int(value)
    return float(value)

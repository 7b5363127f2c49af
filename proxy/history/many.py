"""Many recorded calls at once, in three questions however many there are."""

from collections.abc import Sequence

import duckdb

from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history import restore
from driftgate.proxy.history.stored import Stored
from driftgate.proxy.record import Recorded


def recorded(
    connection: duckdb.DuckDBPyConnection, stored: Stored, call_ids: Sequence[str]
) -> list[Recorded]:
    """The calls, in the order asked; see Reader.recorded_many."""
    asked = connection.cursor().execute(
        "FROM all_calls WHERE call_id IN (SELECT unnest(?::VARCHAR[])::UUID)", [list(call_ids)]
    )
    columns = [str(column[0]) for column in asked.description or []]
    rows = {str(row[0]): dict(zip(columns, row, strict=True)) for row in asked.fetchall()}
    missing = next((each for each in call_ids if each not in rows), None)
    if missing is not None:
        raise NotFoundError(f"no call {missing} in the history")
    wanted = [rows[each] for each in call_ids]
    bodies = stored.of_rows(wanted)
    return [
        restore.recorded(row, bodies[row["request_body"]], bodies[row["response_body"]])
        for row in wanted
    ]

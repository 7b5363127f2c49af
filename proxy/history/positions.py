"""How far each journal is in the history."""

import duckdb

from driftgate.proxy.history.bodies import Tables
from driftgate.proxy.history.facts import Facts
from driftgate.proxy.history.prepare import Prepared
from driftgate.proxy.history.table import encode, insert
from driftgate.proxy.journal.assemble import Position


def read_positions(
    connection: duckdb.DuckDBPyConnection,
) -> dict[str, tuple[Position, Position]]:
    """(low, done) of every journal."""
    rows = connection.execute(
        "SELECT writer, low_segment, low_offset, done_segment, done_offset FROM journal_positions"
    ).fetchall()
    return {
        writer: (Position(low, low_offset), Position(done, done_offset))
        for writer, low, low_offset, done, done_offset in rows
    }


def write_positions(
    connection: duckdb.DuckDBPyConnection, tables: Tables, prepared: Prepared, facts: Facts
) -> None:
    """Replaces the positions of these writers; forgets the writers that are gone."""
    writers = [state.writer for state in prepared.writers]
    if not writers and not prepared.gone:
        return
    connection.execute(
        "DELETE FROM journal_positions WHERE writer IN "
        """(SELECT unnest(from_json(?::VARCHAR, '["VARCHAR"]')))""",
        [encode([*writers, *prepared.gone])],
    )
    rows = []
    for state in prepared.writers:
        row = {
            "writer": state.writer,
            "low_segment": state.low.segment,
            "low_offset": state.low.offset,
            "done_segment": state.done.segment,
            "done_offset": state.done.offset,
            "config_id": facts.last_config(state.writer),
        }
        rows.append({name: value for name, value in row.items() if value is not None})
    insert(connection, "journal_positions", tables["journal_positions"], rows)

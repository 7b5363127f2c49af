"""The schema, in ordered steps: each SQL file of `schema/` is applied once, in a transaction."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import duckdb

import driftgate
from driftgate.proxy.errors import HistoryDamagedError, HistoryNewerError

_RECORD = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name VARCHAR NOT NULL,
    applied_at TIMESTAMP NOT NULL,
    driftgate_version VARCHAR NOT NULL
);
COMMENT ON TABLE schema_migrations IS 'The steps that made this schema, in order of their names';
COMMENT ON COLUMN schema_migrations.name IS 'Name of the step';
COMMENT ON COLUMN schema_migrations.applied_at IS 'When it was applied, UTC';
COMMENT ON COLUMN schema_migrations.driftgate_version IS 'The driftgate that applied it';
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: its file's name without the ending, and its SQL."""

    name: str
    sql: str


@cache
def known() -> list[Migration]:
    """All steps this driftgate knows, in order."""
    folder = resources.files("driftgate.proxy.history.schema")
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    return [
        Migration(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8"))
        for file in files
    ]


def check(connection: duckdb.DuckDBPyConnection, path: Path) -> set[str]:
    """The names of the steps already applied.

    Raises:
        HistoryNewerError: a step is there that this driftgate does not know.
        HistoryDamagedError: the file holds something else than a history.
    """
    try:
        applied = connection.execute(
            "SELECT name, driftgate_version FROM schema_migrations ORDER BY name"
        ).fetchall()
    except duckdb.CatalogException:
        _check_empty(connection, path)
        return set()
    names = [step.name for step in known()]
    unknown = [row for row in applied if row[0] not in names]
    if unknown:
        name, version = unknown[-1]
        raise HistoryNewerError(
            f"{path} has schema {name} of driftgate {version}, this is driftgate "
            f"{driftgate.__version__} with schema {names[-1]}; upgrade driftgate"
        )
    return {name for name, _ in applied}


def _check_empty(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY table_name"
    ).fetchall()
    if tables:
        raise HistoryDamagedError(
            f"{path} is a DuckDB file, but no history of driftgate's: it holds the table "
            f"{tables[0][0]}; choose another file with --history"
        )


def migrate(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Applies the steps that are missing. Errors as with check()."""
    applied = check(connection, path)
    missing = [step for step in known() if step.name not in applied]
    for step in missing:
        _apply(connection, step)
    if missing:
        # a log with DDL in it is what DuckDB has failed to replay in the field
        connection.execute("CHECKPOINT")


def _apply(connection: duckdb.DuckDBPyConnection, step: Migration) -> None:
    connection.execute("BEGIN")
    try:
        connection.execute(_RECORD)
        connection.execute(step.sql)
        connection.execute(
            "INSERT INTO schema_migrations VALUES (?, now() AT TIME ZONE 'UTC', ?)",
            [step.name, driftgate.__version__],
        )
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")

"""`driftgate query`: the history in SQL."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from driftgate.commands import options
from driftgate.commands.output import WRITERS, Format, destination, parquet
from driftgate.proxy.errors import UsageError
from driftgate.replay.select.conditions import utf8

EXAMPLES = (
    'driftgate query "SELECT model, count(*) AS calls FROM calls GROUP BY ALL"',
    'driftgate query "FROM sessions" --json',
    'echo "FROM calls" | driftgate query - --format csv --output calls.csv',
    'driftgate query "DESCRIBE calls"',
)
SCREENFUL = 1000  # rows of a table or Markdown text, unless --limit says otherwise


def command(
    sql: Annotated[
        str | None,
        typer.Argument(metavar="SQL", help="One SELECT-like statement; - reads it from stdin."),
    ] = None,
    *,
    file: Annotated[Path | None, typer.Option("--file", help="Read the SQL from a file.")] = None,
    form: Annotated[
        Format | None, typer.Option("--format", help="How to write the result (default: table).")
    ] = None,
    as_json: options.AsJson = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file, not to stdout.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0, help="Seconds until it is stopped; 0 for never.")
    ] = 60.0,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            min=0,
            help=f"At most so many rows; 0 for all. Default: {SCREENFUL} for table and markdown,"
            " else all.",
        ),
    ] = None,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Ask the history in SQL (DuckDB's), while the proxy runs and when it does not.

    Read-only: no files, no network, nothing is changed. Tables: calls, sessions, turns, messages,
    tool_calls, fingerprints, events; "SHOW TABLES" lists them all. Times are UTC.
    """
    form = _format(form, as_json=as_json, output=output)
    statement = _statement(sql, file)
    if form is Format.PARQUET and output is not None:
        _write_parquet(statement, output, history, timeout, limit)
        return
    if limit is None and form in {Format.TABLE, Format.MARKDOWN}:
        limit = SCREENFUL
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load

    with open_history(options.existing(history)) as reader:
        result = reader.ask(statement, limit=limit or None, timeout_s=timeout or None)
    with destination(output) as stream:
        WRITERS[form](result.columns, result.types, result.rows, stream)
    if result.cut:
        options.note(f"cut after {limit} rows; there are more (--limit 0 gives all)")


def _format(form: Format | None, *, as_json: bool, output: Path | None) -> Format:
    if as_json and form not in {None, Format.JSON}:
        raise UsageError(f"--json and --format {form} contradict each other: give one of them")
    if as_json:
        return Format.JSON
    if form is Format.PARQUET and output is None:
        raise UsageError("Parquet goes to a file: add --output FILE")
    return form or Format.TABLE


def _statement(sql: str | None, file: Path | None) -> str:
    if (sql is None) == (file is None):
        raise UsageError("give the SQL as one argument, as - with SQL on stdin, or with --file")
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot read {file}: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"cannot read {file}: not UTF-8 at byte {error.start}") from error
    else:
        text = sys.stdin.read() if sql == "-" else str(sql)
    if not text.strip():
        raise UsageError("the SQL is empty")
    return utf8("the SQL", text)


def _write_parquet(
    statement: str, output: Path, history: Path, timeout: float, limit: int | None
) -> None:
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load

    if limit:
        statement = f"SELECT * FROM ({statement.strip().rstrip(';')}\n) LIMIT {limit}"  # noqa: S608 - people's own SQL, and the reader refuses all but one SELECT
    with open_history(options.existing(history)) as reader:
        count = parquet(reader, statement, output, timeout or None)
    reached = f" (--limit {limit} reached)" if limit and count >= limit else ""
    options.note(f"{count} row{'' if count == 1 else 's'} written to {output}{reached}")

"""`driftgate export`: calls for other programs."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from driftgate.commands import batch, har, options
from driftgate.commands.output import destination, parquet
from driftgate.commands.show import whole
from driftgate.commands.values import as_json as to_json
from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.whole import Call, load
from driftgate.replay.select.filters import Filters

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

EXAMPLES = (
    "driftgate export --format openai-batch --since 1d --output batch.jsonl",
    "driftgate export --format har --status error --output errors.har",
    "driftgate export --format parquet --output calls.parquet",
)
_AT_ONCE = 100  # calls read before the history is let go, so that the ingest gets its turn


class Target(StrEnum):
    """What calls can be written as."""

    OPENAI_BATCH = "openai-batch"
    HAR = "har"
    PARQUET = "parquet"
    JSONL = "jsonl"


def command(  # noqa: PLR0917 - typer reads the options from the parameters
    form: Annotated[Target | None, typer.Option("--format", help="What to write.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file, not to stdout.")
    ] = None,
    since: options.Since = None,
    until: options.Until = None,
    model: options.Model = None,
    session: options.Session = None,
    status: options.Status = None,
    upstream: options.Upstream = None,
    text: options.Text = None,
    limit: options.Limit = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Short for --format jsonl.")] = False,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Write calls as OpenAI batch JSONL, HAR 1.2, JSON lines or Parquet, oldest first.

    openai-batch takes requests that a batch can repeat: Responses, Chat Completions, completions
    and embeddings. jsonl holds each call as `show --json` gives it.
    """
    form = _form(form, output, as_json=as_json)
    filters = Filters(since, until, model, session, status, upstream, text)
    condition, parameters = filters.condition()
    if form is Target.PARQUET and output is not None:
        _parquet(history, output, condition, parameters, limit)
        return
    ids = _ids(history, condition, parameters, limit)
    with destination(output) as stream:
        written = _WRITERS[form](_calls(history, ids), stream)
    skipped = len(ids) - written
    if output is not None or skipped:
        left_out = f", {skipped} left out (no batch request)" if skipped else ""
        options.note(f"{written} call{'' if written == 1 else 's'} written{left_out}")


def _form(form: Target | None, output: Path | None, *, as_json: bool) -> Target:
    if as_json and form not in {None, Target.JSONL}:
        raise UsageError(f"--json and --format {form} contradict each other: give one of them")
    if as_json:
        return Target.JSONL
    if form is None:
        raise UsageError(f"what to write? --format {' | '.join(Target)}")
    if form is Target.PARQUET and output is None:
        raise UsageError("Parquet goes to a file: add --output FILE")
    return form


def _reader(history: Path, *, drain: bool) -> Any:
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load

    return open_history(options.existing(history), drain=drain)


def _ids(history: Path, condition: str, parameters: list[Any], limit: int) -> list[str]:
    sql = f"SELECT call_id FROM calls WHERE {condition} ORDER BY started_at, call_id"  # noqa: S608 - values are parameters
    with _reader(history, drain=True) as reader:
        return [str(row[0]) for row in reader.ask(sql, parameters, limit=limit or None).rows]


def _calls(history: Path, ids: list[str]) -> Iterator[Call]:
    for start in range(0, len(ids), _AT_ONCE):
        with _reader(history, drain=False) as reader:
            yield from _some(reader, ids[start : start + _AT_ONCE])


def _some(reader: "Reader", ids: list[str]) -> list[Call]:
    return [load(reader, call_id) for call_id in ids]


def _write_batch(calls: Iterable[Call], stream: IO[str]) -> int:
    lines = (line for call in calls if (line := batch.line(call)) is not None)
    return _write_lines(lines, stream)


def _write_jsonl(calls: Iterable[Call], stream: IO[str]) -> int:
    return _write_lines((whole(call) for call in calls), stream)


def _write_lines(objects: Iterable[Any], stream: IO[str]) -> int:
    count = 0
    for count, each in enumerate(objects, 1):  # noqa: B007 - the last number is the count
        stream.write(to_json(each) + "\n")
    return count


def _write_har(calls: Iterable[Call], stream: IO[str]) -> int:
    head = to_json(har.HEAD)
    stream.write(f'{{"log": {head[:-1]}, "entries": [')
    count = 0
    for count, call in enumerate(calls, 1):
        stream.write((",\n" if count > 1 else "\n") + to_json(har.entry(call)))
    stream.write("\n]}}\n")
    return count


_WRITERS = {
    Target.OPENAI_BATCH: _write_batch,
    Target.JSONL: _write_jsonl,
    Target.HAR: _write_har,
}


def _parquet(
    history: Path, output: Path, condition: str, parameters: list[Any], limit: int
) -> None:
    where = inlined(condition, parameters)
    sql = f"SELECT * FROM calls WHERE {where} ORDER BY started_at, call_id"  # noqa: S608 - quoted by `inlined`
    if limit:
        sql += f" LIMIT {limit}"
    with _reader(history, drain=True) as reader:
        count = parquet(reader, sql, output, None)
    options.note(f"{count} call{'' if count == 1 else 's'} written")


def inlined(condition: str, parameters: list[Any]) -> str:
    """`condition` with each `?` replaced by its parameter as a literal: COPY takes none."""
    pieces = condition.split("?")
    literals = [*(_literal(value) for value in parameters), ""]
    return "".join(piece + literal for piece, literal in zip(pieces, literals, strict=True))


def _literal(value: Any) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.isoformat(' ')}'"
    return "'" + str(value).replace("'", "''") + "'"

"""Results as table, JSON, NDJSON, CSV or Markdown, to stdout or to a file."""

import csv
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from driftgate.commands.table import render
from driftgate.commands.values import as_json
from driftgate.proxy.errors import UsageError
from driftgate.proxy.harmless import one_cell
from driftgate.proxy.history.values import as_text

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

_NUMBERS = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "REAL")


class Format(StrEnum):
    """What a result can be written as."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    MARKDOWN = "markdown"
    PARQUET = "parquet"


def room(stream: IO[str]) -> int | None:
    """The width of the terminal behind `stream`; None when it is a pipe or a file."""
    return shutil.get_terminal_size((80, 24)).columns if stream.isatty() else None


def bold(stream: IO[str]) -> bool:
    """Whether `stream` shows bold text (https://no-color.org)."""
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


@contextmanager
def destination(target: Path | None) -> Iterator[IO[str]]:
    """Stdout, or the file `target`: written beside it first, so that it is whole or absent."""
    if target is None:
        yield sys.stdout
        return
    check_writable(target)
    part = target.with_name(f".{target.name}.part")
    try:
        with part.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
            yield file
        part.replace(target)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # what went wrong is told already
            part.unlink(missing_ok=True)


def check_writable(target: Path) -> None:
    """That a file could be written there, as far as can be told before.

    Raises:
        UsageError: it is a folder, or lies in none.
    """
    if target.is_dir():
        raise UsageError(f"cannot write {target}: it is a folder")
    if not target.parent.is_dir():
        raise UsageError(f"cannot write {target}: there is no folder {target.parent}")


def parquet(reader: "Reader", sql: str, target: Path, timeout_s: float | None) -> int:
    """Write the answer to `sql` as a Parquet file; the number of its rows."""
    try:
        return reader.write_parquet(sql, target, timeout_s=timeout_s)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror or error}") from error


def numeric(types: Sequence[str]) -> list[bool]:
    """Which columns hold numbers, by DuckDB's type names."""
    return [not name.endswith("]") and any(n in name for n in _NUMBERS) for name in types]


def _texts(types: Sequence[str]) -> list[bool]:
    """Which columns may be cut to fit: an id or a time without its end is worth nothing."""
    return [name in {"VARCHAR", "JSON", "BLOB"} or name.endswith(("]", ")")) for name in types]


Writer = Callable[[Sequence[str], Sequence[str], Sequence[Sequence[Any]], IO[str]], None]


def write_table(
    columns: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[Any]], stream: IO[str]
) -> None:
    """For people: every cell harmless and on one line, fitted when `stream` is a terminal."""
    cells = [[one_cell(as_text(value)) for value in row] for row in rows]
    heads = [one_cell(name) for name in columns]
    lines = render(
        heads,
        cells,
        right=numeric(types),
        narrow=_texts(types),
        room=room(stream),
        bold=bold(stream),
    )
    stream.writelines(f"{line}\n" for line in lines)


def _unique(columns: Sequence[str]) -> list[str]:
    """Names as keys of one object: a second `id` becomes `id_1`."""
    names: list[str] = []
    for name in columns:
        new, number = name, 0
        while new in names:
            number += 1
            new = f"{name}_{number}"
        names.append(new)
    return names


def _write_json(
    columns: Sequence[str], _types: Sequence[str], rows: Sequence[Sequence[Any]], stream: IO[str]
) -> None:
    names = _unique(columns)
    objects = (as_json(dict(zip(names, row, strict=True))) for row in rows)
    stream.write("[")
    separator = "\n"
    for each in objects:
        stream.write(separator + each)
        separator = ",\n"
    stream.write("\n]\n" if rows else "]\n")


def _write_ndjson(
    columns: Sequence[str], _types: Sequence[str], rows: Sequence[Sequence[Any]], stream: IO[str]
) -> None:
    names = _unique(columns)
    stream.writelines(as_json(dict(zip(names, row, strict=True))) + "\n" for row in rows)


def _write_csv(
    columns: Sequence[str], _types: Sequence[str], rows: Sequence[Sequence[Any]], stream: IO[str]
) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in (columns, *rows):
        writer.writerow([as_text(value) for value in row])
        stream.write(buffer.getvalue())
        buffer.seek(0)
        buffer.truncate()


def _write_markdown(
    columns: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[Any]], stream: IO[str]
) -> None:
    rule = ["---:" if right else "---" for right in numeric(types)]
    body = [[_markdown(as_text(value)) for value in row] for row in rows]
    for line in ([_markdown(name) for name in columns], rule, *body):
        stream.write(f"| {' | '.join(line)} |\n")


def _markdown(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return one_cell(escaped.replace("\r\n", "\n").replace("\n", "<br>"))


WRITERS: dict[Format, Writer] = {
    Format.TABLE: write_table,
    Format.JSON: _write_json,
    Format.NDJSON: _write_ndjson,
    Format.CSV: _write_csv,
    Format.MARKDOWN: _write_markdown,
}

"""Saved queries: SQL files in a folder beside the history, readable by their owner alone.

They are what `driftgate query --file` reads: how one is drawn stands in a comment, its first line.
"""

import contextlib
import os
import re
import tempfile
from pathlib import Path
from typing import NamedTuple

from driftgate.dashboards.plot import KINDS
from driftgate.proxy.errors import NotFoundError, UsageError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,59}")
BYTES = 1 << 17  # of one query
_END = ".sql"
_SHOW = re.compile(rf"-- show: ({'|'.join(KINDS)})[ \t]*(?:\n|$)")


class Saved(NamedTuple):
    """A query. show: the kind of its chart, one of KINDS; empty: it is shown as a table."""

    sql: str
    show: str = ""


def folder(history: Path) -> Path:
    """Where the queries of a history lie."""
    return history.with_name(history.name + ".queries")


def names(history: Path) -> list[str]:
    """All of them, in the order of the alphabet."""
    with contextlib.suppress(OSError):
        found = (path.name.removesuffix(_END) for path in folder(history).glob(f"*{_END}"))
        return sorted((name for name in found if NAME.fullmatch(name)), key=str.lower)
    return []


def load(history: Path, name: str) -> Saved:
    """One of them.

    Raises:
        NotFoundError: there is none of that name.
        UsageError: it cannot be read.
    """
    path = _path(history, name)
    try:
        return _read(path.read_text("utf-8")[:BYTES])
    except FileNotFoundError:
        raise NotFoundError(f"no saved query is named '{name}'") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path.name}: {error}") from error


def save(history: Path, name: str, sql: str, show: str = "") -> None:
    """Keeps it under that name, in the place of one that has it. Whole or not at all. show: see Saved.

    Raises:
        UsageError: the name is none, the SQL is empty or too long, or it cannot be written.
    """
    path = _path(history, name)
    text = _read(sql.replace("\r\n", "\n").strip()).sql + "\n"
    head = f"-- show: {show}\n" if show in KINDS else ""
    data = (head + text).encode("utf-8", "replace")
    if not text.strip() or len(data) > BYTES:
        raise UsageError(f"a saved query holds something, and at most {BYTES >> 10} kB")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        number, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)  # mode 0600
        with os.fdopen(number, "wb") as file:
            file.write(data)
        Path(part).replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error


def delete(history: Path, name: str) -> None:
    """Removes it. Errors as of load()."""
    path = _path(history, name)
    try:
        path.unlink()
    except FileNotFoundError:
        raise NotFoundError(f"no saved query is named '{name}'") from None
    except OSError as error:
        raise UsageError(f"cannot remove {path.name}: {error.strerror or error}") from error


def _read(text: str) -> Saved:
    found = _SHOW.match(text)
    return Saved(text[found.end() :], found[1]) if found else Saved(text)


def _path(history: Path, name: str) -> Path:
    if not NAME.fullmatch(name):
        raise UsageError(
            f"'{name[:60]}' is no name for a query: up to 60 letters, digits, blanks, _ and -"
        )
    return folder(history) / f"{name}{_END}"

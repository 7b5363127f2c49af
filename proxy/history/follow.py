"""Which recorded calls are new since one last looked."""

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from driftgate.proxy.errors import HistoryBusyError

_PAGE = 1000  # calls taken at one look, so that a burst does not fill the memory

_ABSENT: tuple[object, ...] = (None, None)

Open = Callable[[Path], AbstractContextManager[Any]]


class Follow:
    """Reads a history forward, in the order in which calls were recorded.

    A look costs one `stat` when the file has not changed: the history is opened only when there
    is something to read, so that following it never stands in the way of the ingest.

    columns: of `calls`, which each call is given with, by name.
    wanted: a condition over `calls` and its parameters; only such calls are given.
    """

    def __init__(
        self,
        history: Path,
        opened: Open,
        columns: Sequence[str],
        wanted: tuple[str, list[Any]] = ("true", []),
    ) -> None:
        condition, self._parameters = wanted
        self._wanted = f"arm IS NULL AND {condition}"
        self._columns = tuple(columns)
        self._calls = f"SELECT rowid, {', '.join(columns)} FROM all_calls"  # noqa: S608 - fixed names
        self._history = history
        self._open = opened
        self._seen: tuple[object, ...] = ()
        self._after = -1  # rowid of the last call given

    def last(self, count: int) -> list[dict[str, Any]]:
        """The `count` calls recorded last, oldest first; later looks go on behind them."""
        self._seen = state(self._history)
        if self._seen == _ABSENT:
            return []
        with self._open(self._history) as reader:
            newest = reader.ask("SELECT max(rowid) FROM all_calls").rows[0][0]
            self._after = -1 if newest is None else int(newest)
            sql = f"{self._calls} WHERE rowid <= ? AND {self._wanted} ORDER BY rowid DESC LIMIT ?"
            asked = [self._after, *self._parameters, count]
            found = reader.ask(sql, asked).rows if count else []
        return [self._by_name(row) for row in reversed(found)]

    def look(self) -> list[dict[str, Any]]:
        """Calls recorded since the last look; none, too, while another process has the file."""
        now = state(self._history)
        if now in (self._seen, _ABSENT):
            return []
        try:
            with self._open(self._history) as reader:
                sql = f"{self._calls} WHERE rowid > ? AND {self._wanted} ORDER BY rowid"
                result = reader.ask(sql, [self._after, *self._parameters], limit=_PAGE)
        except HistoryBusyError:
            return []
        if not result.cut:
            self._seen = now
        if result.rows:
            self._after = int(result.rows[-1][0])
        return [self._by_name(row) for row in result.rows]

    def _by_name(self, row: Sequence[Any]) -> dict[str, Any]:
        return dict(zip(self._columns, row[1:], strict=True))


def state(history: Path) -> tuple[tuple[int, int, int] | None, ...]:
    """What changes whenever the history does: of the file and of its log, two `stat`s."""
    return tuple(_stamp(Path(f"{history}{end}")) for end in ("", ".wal"))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - same as path.stat(), which pathlib wraps
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns

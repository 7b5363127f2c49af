"""What `driftgate top` knows: the running processes, and calls that ended within a window of time.

Calls are read once, as they come: a look at an unchanged history is a `stat`, one at a changed one
reads what is new and closes the file at once, so that ingest does not wait.
"""

from collections import deque
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from driftgate.commands.top_figures import COLUMNS, Ended, ended
from driftgate.proxy.errors import DriftgateError, HistoryBusyError
from driftgate.proxy.history.follow import Follow
from driftgate.proxy.running import Running, running

KEPT = 50_000  # calls of a window; of more, the last ones
_ANSWERS_S = 1.0  # a process that takes longer to answer counts as none
_OPENS_S = 0.5  # a history that is held longer is looked at the next time
_BURST = 20  # looks at one time, of 1,000 calls each
_IN_WINDOW = "coalesce(ended_at, started_at) >= ?"


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen at one time.

    at: UTC, without a zone. calls: oldest first; cut: of more in the window, the last ones.
    history_bytes: None: there is no file. problem: why the history could not be read.
    """

    at: datetime
    window: timedelta
    found: Running
    calls: tuple[Ended, ...]
    history: Path
    cut: bool = False
    history_bytes: int | None = None
    problem: str | None = None

    @property
    def span_s(self) -> float:
        """The seconds that the calls cover: the window, less where it holds too many of them."""
        if not (self.cut and self.calls):
            return self.window.total_seconds()
        oldest = min(call.ended_at for call in self.calls)
        return max((self.at - oldest).total_seconds(), 1.0)


class Sampler:
    """Looks again and again. Each look is a Sample; not for several threads."""

    def __init__(self, history: Path, window: timedelta, kept: int = KEPT) -> None:
        self._history, self._window, self._kept = history, window, kept
        self._calls: deque[Ended] = deque()
        self._follow: Follow | None = None
        self._cut = False

    def look(self) -> Sample:
        """What runs, and what has come since the last look."""
        found = running(self._history, _ANSWERS_S)
        problem = self._read()
        at = datetime.now(UTC).replace(tzinfo=None)
        calls = self._within(at - self._window)
        return Sample(
            at,
            self._window,
            found,
            calls,
            self._history,
            self._cut,
            _size(self._history),
            problem,
        )

    def _read(self) -> str | None:
        """Takes new calls; gives what was in the way."""
        try:
            rows = self._first() if self._follow is None else self._more(self._follow)
        except HistoryBusyError as error:
            return f"the history is held, calls are missing: {error}"
        except DriftgateError as error:
            return str(error)
        self._calls.extend(ended(row) for row in rows)
        return None

    def _first(self) -> list[dict[str, Any]]:
        since = datetime.now(UTC).replace(tzinfo=None) - self._window
        follow = Follow(self._history, _opened, COLUMNS, (_IN_WINDOW, [since]))
        rows = follow.last(self._kept)
        self._cut = len(rows) == self._kept
        self._follow = follow
        return rows

    def _more(self, follow: Follow) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for _ in range(_BURST):
            page = follow.look()
            rows += page
            if not page:
                break
        return rows

    def _within(self, since: datetime) -> tuple[Ended, ...]:
        """The calls of the window; older ones are forgotten."""
        while len(self._calls) > self._kept:
            self._calls.popleft()
            self._cut = True
        while self._calls and self._calls[0].ended_at < since:
            self._calls.popleft()
            self._cut = False
        return tuple(call for call in self._calls if call.ended_at >= since)


def _opened(path: Path) -> AbstractContextManager[Any]:
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load

    return open_history(path, wait_s=_OPENS_S, drain=False)


def _size(history: Path) -> int | None:
    try:
        return history.stat().st_size
    except OSError:
        return None

"""How far a run is, for people, on stderr: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import IO, Any

LINE_S = 10.0  # between two lines where stderr is no terminal
_MINUTE, _HOUR = 60, 3600


class Progress:
    """Counts the answers of a run and shows them. `quiet` shows nothing.

    clock: seconds, for tests. Rate and time left are of this sitting alone: what a resumed run had
    before is only counted.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        stream: IO[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream or sys.stderr
        self._quiet, self._clock = quiet, clock
        self._total = self._before = self._done = 0
        self._failed: Counter[str] = Counter()
        self._began = self._said = 0.0
        self._bar: Any = None  # a rich Progress; imported late, since it is slow to load
        self._task: Any = None

    def start(self, total: int, before: int = 0) -> None:
        """So many answers are wanted in all; so many came in an earlier sitting."""
        self._total, self._before, self._done = total, before, before
        self._failed.clear()
        self._began = self._said = self._clock()
        if not self._quiet and self._stream.isatty():
            self._open_bar()

    def answered(self, arm: str, failure: str | None) -> None:
        """An answer came, or did not: `failure` says why."""
        self._done += 1
        if failure is not None:
            self._failed[str(arm)] += 1
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, told=self._told())
        elif not self._quiet and self._clock() - self._said >= LINE_S:
            self._said = self._clock()
            self.say(self.line())

    def say(self, text: str) -> None:
        """A line for people."""
        if self._quiet:
            return
        if self._bar is not None:
            self._bar.console.print(f"driftgate: {text}", markup=False, highlight=False)
        else:
            self._stream.write(f"driftgate: {text}\n")
            self._stream.flush()

    @property
    def done(self) -> int:
        """Answers that came so far, in earlier sittings too."""
        return self._done

    def stop(self) -> None:
        """Nothing more comes."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def line(self) -> str:
        """Where the run is, in one line."""
        return f"{self._done:,} of {self._total:,} answers, {self._told()}"

    def _told(self) -> str:
        elapsed = self._clock() - self._began
        here = self._done - self._before
        rate = here / elapsed if elapsed > 0 else 0.0
        parts = [f"{rate:.3g} a second"]
        left = self._total - self._done
        if rate > 0 and left:
            parts.append(f"{duration(left / rate)} left")
        if self._failed:
            counts = ", ".join(f"{arm} {count:,}" for arm, count in sorted(self._failed.items()))
            parts.append(f"failed: {counts}")
        return ", ".join(parts)

    def _open_bar(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - slow to load, and seldom wanted
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn  # noqa: PLC0415 - likewise
        from rich.progress import Progress as Bar  # noqa: PLC0415 - likewise

        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[told]}"))
        self._bar = Bar(*columns, console=Console(file=self._stream), transient=True)
        self._task = self._bar.add_task("", total=self._total, completed=self._done, told="")
        self._bar.start()


def duration(seconds: float) -> str:
    """So long, for people: 42 s, 3 min, 1.5 h."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"

"""Stands for the historian's process, in this one: quick, and nothing is left behind."""

from types import TracebackType
from typing import Self

from driftgate.proxy.errors import HistoryBusyError
from driftgate.proxy.history.drain import Drain
from driftgate.proxy.settings.model import Settings, journal_root
from tests.support.waiting import wait_until


class InProcess:
    """As `driftgate.replay.run.historian.Historian`."""

    def __init__(self, settings: Settings) -> None:
        self._drain = Drain(settings.history, journal_root(settings.history))

    def __enter__(self) -> Self:
        return self

    def settle(self) -> None:
        """As the real one: where a page reads the file just now, it is tried again."""
        wait_until(self._drained, what="the history")

    def _drained(self) -> bool:
        try:
            return not self._drain.step().more
        except HistoryBusyError:
            return False

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.settle()

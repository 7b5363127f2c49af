"""Reading the history for pages: one thread, which opens the file for one page at a time.

Ingest waits while the file is open, so that it is never kept open between two pages; opening takes
some 20 ms, also where the history holds a million calls.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftgate.proxy.history.reader import Reader

T = TypeVar("T")
WAIT_S = 5.0  # for a file that somebody else holds


class Reading:
    """Runs what pages want to know, one after another."""

    def __init__(self, history: Path) -> None:
        self._history = history
        self._pool = ThreadPoolExecutor(1, "reading")

    async def read(self, work: "Callable[[Reader], T]", *, drain: bool = True) -> T:
        """work(reader), with the history open.

        drain: whether a running historian is asked first to take in all calls that have ended.

        Raises:
            NotFoundError, HistoryBusyError, HistoryError: as `open_history`.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._read, work, drain)

    def _read(self, work: "Callable[[Reader], T]", drain: bool) -> T:
        from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load

        with open_history(self._history, wait_s=WAIT_S, drain=drain) as reader:
            return work(reader)

    def close(self) -> None:
        """Lets the page that is read end; none is read after it."""
        self._pool.shutdown(wait=False, cancel_futures=True)

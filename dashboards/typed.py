"""SQL that people typed runs in a process of its own, so that nothing it does can harm the pages.

It is started with the first such query, one at a time runs in it, and it ends after some idle minutes.
What hangs is killed, and so is what nobody waits for any more; the next query gets a new process.
"""

import asyncio
import contextlib
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from driftgate.dashboards.site import Site
from driftgate.proxy import admin
from driftgate.proxy.errors import HistoryBusyError, QueryError, QuerySlowError

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

T = TypeVar("T")
NAME = "typed"  # in what the site keeps
WAIT_S = 2.0  # for a file that somebody else holds
GRACE_S = WAIT_S + 2.0  # beside the time that a query itself may take
START_S = 30.0  # for a new process
IDLE_S = 180.0
WAITING = 8  # queries that wait for the one that runs
MEMORY = 3 << 30  # bytes of the process; DuckDB itself takes 1 GB at most
_NICENESS = 5
_DRAIN_S = 5.0


def typed(site: Site) -> "Typed":
    """The site's own."""
    made = site.kept.get(NAME)
    if not isinstance(made, Typed):
        made = site.kept[NAME] = Typed(site.history, site.settings.dashboard.sql_timeout_s)
        site.closing.append(made.close)
    return made


class Typed:
    """The process, as long as there is one.

    history: the DuckDB file. timeout_s: what `work` may take; it should stop by itself before.
    """

    def __init__(
        self, history: Path, timeout_s: float, *, idle_s: float = IDLE_S, memory: int = MEMORY
    ) -> None:
        self._history, self._timeout_s = history, timeout_s
        self._idle_s, self._memory = idle_s, memory
        self._one = asyncio.Lock()
        self._waiting = 0
        self._child: _Child | None = None
        self._idle: asyncio.TimerHandle | None = None

    @property
    def process(self) -> int | None:
        """The id of the process; None: none runs."""
        return self._child.process if self._child else None

    async def read(self, work: "Callable[[Reader], T]", *, drain: bool = True) -> T:
        """work(reader) in the process; work and its value are picklable.

        drain: whether a running historian is asked first to take in all calls that have ended.

        Raises:
            QueryError: the query is wrong, took too long, or ended its process.
            HistoryBusyError: too many others wait, or the file is held.
        """
        if self._waiting >= WAITING:
            raise HistoryBusyError("other queries are running; try again in a moment")
        self._waiting += 1
        try:
            async with self._one:
                return await self._read(work, drain=drain)
        finally:
            self._waiting -= 1

    async def _read(self, work: "Callable[[Reader], T]", *, drain: bool) -> T:
        self._stop_idling()
        if drain:
            socket = admin.socket_path(self._history, "history")
            await asyncio.to_thread(admin.ask, socket, {"op": "drain"}, _DRAIN_S)
        try:
            return await self._run(work)
        except TimeoutError:
            await self.close()
            raise QuerySlowError(f"stopped after {self._timeout_s:g} s") from None
        except BrokenProcessPool:
            await self.close()
            raise QueryError(
                "the query ended its process, most likely for want of memory; ask for less of it"
            ) from None
        except asyncio.CancelledError:
            await self.close()
            raise
        finally:
            self._begin_idling()

    async def _run(self, work: "Callable[[Reader], T]") -> T:
        if self._child is None:
            self._child = await _Child.start(self._memory)
        running = self._child.run(_work, self._history, work)
        return await asyncio.wait_for(running, self._timeout_s + GRACE_S)

    def _stop_idling(self) -> None:
        if self._idle:
            self._idle.cancel()

    def _begin_idling(self) -> None:
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(self._idle_s, lambda: loop.create_task(self._end_idle()))

    async def _end_idle(self) -> None:
        if not self._one.locked():
            await self.close()

    async def close(self) -> None:
        """Ends the process, whatever it does."""
        self._stop_idling()
        child, self._child = self._child, None
        if child is not None:
            await asyncio.to_thread(child.end)


class _Child:
    """One process, and the folder of its temporary files."""

    def __init__(self, pool: ProcessPoolExecutor, folder: Path, worker: BaseProcess) -> None:
        self._pool, self._folder, self._worker = pool, folder, worker

    @property
    def process(self) -> int | None:
        """Its id."""
        return self._worker.pid

    @classmethod
    async def start(cls, memory: int) -> "_Child":
        """A new one, ready."""
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="driftgate-typed-"))
        pool = ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), initializer=_prepare, initargs=(folder, memory)
        )
        others = set(multiprocessing.active_children())
        ready = asyncio.wrap_future(pool.submit(os.getpid))  # starts it
        (worker,) = set(multiprocessing.active_children()) - others
        made = cls(pool, folder, worker)
        try:
            await asyncio.wait_for(ready, START_S)
        except BaseException:
            await asyncio.to_thread(made.end)
            raise
        return made

    def run(
        self,
        work: "Callable[[Path, Callable[[Reader], T]], T]",
        history: Path,
        inner: "Callable[[Reader], T]",
    ) -> Awaitable[T]:
        """What it gives, later."""
        return asyncio.wrap_future(self._pool.submit(work, history, inner))

    def end(self) -> None:
        """Kills it, and clears away what it left."""
        with contextlib.suppress(ValueError):  # the pool has closed it
            self._worker.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)


def _work(history: Path, work: "Callable[[Reader], T]") -> T:
    """In the process: one query."""
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load

    with open_history(history, wait_s=WAIT_S, drain=False) as reader:
        try:
            return work(reader)
        except MemoryError:
            raise QueryError(
                "the answer does not fit into the memory; ask for less of it"
            ) from None


def _prepare(folder: Path, memory: int) -> None:
    """In the process, first: it takes little, goes first where memory is short, and outlives nobody."""
    import resource  # noqa: PLC0415 - the process's own limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    os.nice(_NICENESS)
    tempfile.tempdir = os.fspath(folder)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):  # Linux alone
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import driftgate.proxy.history.reader  # noqa: F401, PLC0415 - DuckDB is slow to load: before the first query


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)

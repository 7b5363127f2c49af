"""Lanes of a run's servers: jobs go through them, so many at one time at each, and end in good order.

A lane holds few jobs that wait, so that no arm runs far ahead of the other, and load and time of day
fall on both alike. Arms that share a server share its lane.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from driftgate.replay.arm import Arm
from driftgate.replay.run.budget import Budget

GRACE_S = 5.0  # how long what runs may take to end after the first Ctrl-C
T = TypeVar("T")


@dataclass(slots=True)
class Course:
    """How a run went.

    stopped: why it ended before all was asked, in a few words. interrupted: by Ctrl-C.
    with_logprobs: recorded calls that ask for logprobs. failed: arm to (reason, how often).
    """

    stopped: str | None = None
    interrupted: bool = False
    asked: int = 0
    with_logprobs: set[str] = field(default_factory=set)
    failed: dict[Arm, Counter[str]] = field(default_factory=dict)
    served: Counter[Arm] = field(default_factory=Counter)

    def note(self, arm: Arm, failure: str | None) -> None:
        """One more came, or failed for this reason."""
        self.asked += 1
        if failure is None:
            self.served[arm] += 1
        else:
            self.failed.setdefault(arm, Counter())[failure] += 1


class Lanes(Generic[T]):
    """Use in one event loop, once. course: how it goes.

    Args:
        names: of the lanes: the servers, as anything that tells them apart.
        room: jobs that wait in a lane, at most.
        concurrency: jobs at one time in each.
        budget: when it is used up no further job begins.
    """

    def __init__(
        self, names: Collection[Hashable], *, room: int, concurrency: int, budget: Budget
    ) -> None:
        self.course = Course()
        self._concurrency, self._budget = concurrency, budget
        self._queues = {name: asyncio.Queue[T | None](max(room, concurrency)) for name in names}
        self._feeder: asyncio.Task[None] | None = None
        self._workers: list[asyncio.Task[None]] = []
        self._began = time.monotonic()

    async def put(self, name: Hashable, job: T) -> None:
        """A job into a lane; waits while that is full."""
        await self._queues[name].put(job)

    async def run(
        self, feed: Callable[[], Coroutine[Any, Any, None]], work: Callable[[T], Awaitable[None]]
    ) -> None:
        """Until all that `feed` puts in has gone through `work`, or it is stopped. Raises as those do."""
        self._began = time.monotonic()
        self._workers = [
            asyncio.create_task(self._work(queue, work))
            for queue in self._queues.values()
            for _ in range(self._concurrency)
        ]
        self._feeder = asyncio.create_task(self._feed(feed))
        tasks = [self._feeder, *self._workers]
        try:
            await asyncio.gather(*map(self._unless_stopped, tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self, why: str) -> None:
        """Begins nothing more; what runs may end. The first reason counts."""
        if self.course.stopped is not None:
            return
        self.course.stopped = why
        if self._feeder is not None:
            self._feeder.cancel()
        for queue in self._queues.values():
            while not queue.empty():
                queue.get_nowait()
            for _ in range(self._concurrency):
                queue.put_nowait(None)

    def interrupt(self) -> None:
        """Ctrl-C: the first one lets what runs end for a while, the second one does not."""
        again, self.course.interrupted = self.course.interrupted, True
        self.stop("it was interrupted")
        if again:
            self._abort()
        else:
            asyncio.get_running_loop().call_later(GRACE_S, self._abort)

    def _abort(self) -> None:
        for worker in self._workers:
            worker.cancel()

    async def _unless_stopped(self, task: "asyncio.Task[None]") -> None:
        """Waits for it; that a stop has cancelled it is no error."""
        try:
            await task
        except asyncio.CancelledError:
            if self.course.stopped is None or not task.cancelled():
                raise

    async def _feed(self, feed: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await feed()
        for queue in self._queues.values():
            for _ in range(self._concurrency):
                await queue.put(None)

    async def _work(
        self, queue: "asyncio.Queue[T | None]", work: Callable[[T], Awaitable[None]]
    ) -> None:
        while (job := await queue.get()) is not None:
            spent = self._budget.exhausted(time.monotonic() - self._began)
            if spent is not None:
                self.stop(spent)
            if self.course.stopped is not None:
                return
            await work(job)

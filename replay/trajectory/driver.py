"""Runs the jobs of a run over trajectories: both arms interleaved, so many at one time at each server.

As the driver of single calls: jobs are put into the lanes of the servers in their seeded order, and a lane
holds few, so that no arm runs far ahead of the other.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

from driftgate.replay.arm import Arm
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.driver import GRACE_S, Course
from driftgate.replay.run.order import Job
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.targets import CouldNotCheckError
from driftgate.replay.trajectory.trajectory import Trajectory

HOPELESS = 4  # trajectories of an arm, none of which came, until the run is given up
_AHEAD = 2  # jobs that wait in a lane
_STOPPED = "it was interrupted"

Play = Callable[[Job], Awaitable[Trajectory]]


class Drive:
    """One sitting. Use in one event loop, once.

    Args:
        play: runs one job to its end, and keeps what came.
        lanes: the server of each arm, as anything that tells servers apart.
        concurrency: trajectories at one time in each lane.
        budget: tokens and minutes; who plays notes what is spent.
        progress: for people.
        came: arms of which trajectories came in an earlier sitting.
    """

    def __init__(
        self,
        play: Play,
        lanes: Mapping[Arm, str],
        *,
        concurrency: int,
        budget: Budget,
        progress: Progress,
        came: Collection[Arm] = (),
    ) -> None:
        self.course = Course()
        self._came = frozenset(came)
        self._play, self._of = play, dict(lanes)
        self._concurrency, self._budget, self._progress = concurrency, budget, progress
        room = max(_AHEAD, concurrency)
        self._lanes = {lane: asyncio.Queue[Job | None](room) for lane in self._of.values()}
        self._feeder: asyncio.Task[None] | None = None
        self._workers: list[asyncio.Task[None]] = []
        self._began = time.monotonic()

    async def run(self, blocks: Iterable[Sequence[Job]]) -> Course:
        """All of them, or as many as it is let.

        Raises:
            CouldNotCheckError: of an arm nothing comes.
            DiskFullError: what comes cannot be kept.
        """
        self._began = time.monotonic()
        self._workers = [
            asyncio.create_task(self._work(lane))
            for lane in self._lanes
            for _ in range(self._concurrency)
        ]
        self._feeder = asyncio.create_task(self._feed(blocks))
        tasks = [self._feeder, *self._workers]
        try:
            await asyncio.gather(*map(self._unless_stopped, tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return self.course

    def interrupt(self) -> None:
        """Ctrl-C: what runs may end within a few seconds; the second one does not wait."""
        again, self.course.interrupted = self.course.interrupted, True
        self.stop(_STOPPED)
        if again:
            self._abort()
        else:
            asyncio.get_running_loop().call_later(GRACE_S, self._abort)

    def stop(self, why: str) -> None:
        """Begins nothing more. The first reason counts."""
        if self.course.stopped is not None:
            return
        self.course.stopped = why
        if self._feeder is not None:
            self._feeder.cancel()
        for lane in self._lanes.values():
            while not lane.empty():
                lane.get_nowait()
        for lane in self._each_lane():
            lane.put_nowait(None)

    def _each_lane(self) -> list["asyncio.Queue[Job | None]"]:
        return [lane for lane in self._lanes.values() for _ in range(self._concurrency)]

    def _abort(self) -> None:
        for worker in self._workers:
            worker.cancel()

    async def _unless_stopped(self, task: "asyncio.Task[None]") -> None:
        try:
            await task
        except asyncio.CancelledError:
            if self.course.stopped is None or not task.cancelled():
                raise

    async def _feed(self, blocks: Iterable[Sequence[Job]]) -> None:
        for block in blocks:
            for job in block:
                await self._lanes[self._of[job.arm]].put(job)
        for lane in self._each_lane():
            await lane.put(None)

    async def _work(self, lane: str) -> None:
        queue = self._lanes[lane]
        while self.course.stopped is None and (job := await queue.get()) is not None:
            spent = self._budget.exhausted(time.monotonic() - self._began)
            if spent is not None:
                self.stop(spent)
            if self.course.stopped is None:
                self._note(job.arm, await self._play(job))

    def _note(self, arm: Arm, made: Trajectory) -> None:
        course = self.course
        course.asked += 1
        if made.failed is None:
            course.served[arm] += 1
        else:
            course.failed.setdefault(arm, Counter())[made.failed] += 1
        self._progress.answered(arm, made.failed)
        failed = course.failed.get(arm, Counter())
        if arm in self._came:  # what is left of a run are often those that fail
            return
        if not course.served[arm] and failed.total() >= HOPELESS:
            why, _ = failed.most_common(1)[0]
            raise CouldNotCheckError(
                f"none of the first {failed.total()} trajectories of the {arm.value} came: {why}"
            )

"""Runs the jobs of a run over trajectories: both arms interleaved, so many at one time at each server.

As the driver of single calls, with the same lanes.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

from driftgate.replay.arm import Arm
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.lanes import Course, Lanes
from driftgate.replay.run.order import Job
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.targets import CouldNotCheckError
from driftgate.replay.trajectory.trajectory import Trajectory

HOPELESS = 4  # trajectories of an arm, none of which came, until the run is given up
_AHEAD = 2  # jobs that wait in a lane

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
        self._play, self._of, self._progress = play, dict(lanes), progress
        self._came = frozenset(came)
        names = set(self._of.values())
        self._lanes = Lanes[Job](names, room=_AHEAD, concurrency=concurrency, budget=budget)

    @property
    def course(self) -> Course:
        """How it goes."""
        return self._lanes.course

    async def run(self, blocks: Iterable[Sequence[Job]]) -> Course:
        """All of them, or as many as it is let.

        Raises:
            CouldNotCheckError: of an arm nothing comes.
            DiskFullError: what comes cannot be kept.
        """
        await self._lanes.run(lambda: self._feed(blocks), self._one)
        return self.course

    def interrupt(self) -> None:
        """Ctrl-C: what runs may end within a few seconds; the second one does not wait."""
        self._lanes.interrupt()

    async def _feed(self, blocks: Iterable[Sequence[Job]]) -> None:
        for block in blocks:
            for job in block:
                await self._lanes.put(self._of[job.arm], job)

    async def _one(self, job: Job) -> None:
        self._note(job.arm, await self._play(job))

    def _note(self, arm: Arm, made: Trajectory) -> None:
        course = self.course
        course.note(arm, made.failed)
        self._progress.answered(arm, made.failed)
        failed = course.failed.get(arm, Counter())
        if arm in self._came:  # what is left of a run are often those that fail
            return
        if not course.served[arm] and failed.total() >= HOPELESS:
            why, _ = failed.most_common(1)[0]
            raise CouldNotCheckError(
                f"none of the first {failed.total()} trajectories of the {arm.value} came: {why}"
            )

"""Runs the jobs: both arms interleaved in their seeded order, each server asked no faster than allowed.

Each server has a lane with so many workers, and jobs are put into the lanes in the order of the run.
A lane holds few jobs, so that no arm runs far ahead of the other, and load and time of day fall on
both alike. Arms that share a server share its lane.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from driftgate.replay.arm import Arm
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.order import Job
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.question import Question, Tried
from driftgate.replay.run.reading import Reading
from driftgate.replay.run.send import Sender
from driftgate.replay.run.targets import CouldNotCheckError, Side

AHEAD = 16  # jobs that wait in a lane: so far, about, one arm may run ahead of the other
AT_ONCE = 256  # jobs that are read from the history at one time, about
GRACE_S = 5.0  # how long calls that run may take to end after the first Ctrl-C
HOPELESS = 20  # answers of an arm, none of them served, until the run is given up


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


# told of each answer; gives why the run may stop, or None
Heard = Callable[[Question, Tried], str | None]


class Driver:
    """One sitting of a run. Use in one event loop, once.

    sides, senders: by arm. concurrency: calls at one time at each server.
    heard: told of each answer as it comes. served: arms that answered in an earlier sitting.
    """

    def __init__(
        self,
        reading: Reading,
        sides: Mapping[Arm, Side],
        senders: Mapping[Arm, Sender],
        *,
        concurrency: int,
        budget: Budget | None = None,
        progress: Progress | None = None,
        heard: Heard = lambda _question, _tried: None,
        served: Collection[Arm] = (),
    ) -> None:
        self.course = Course()
        self._answering = frozenset(served)
        self._reading, self._senders, self._sides = reading, senders, sides
        self._concurrency = concurrency
        self._budget = budget or Budget()
        self._progress = progress or Progress(quiet=True)
        self._heard = heard
        pools = {target.pool for side in sides.values() for target in side.targets.values()}
        room = max(AHEAD, 2 * concurrency)
        self._lanes = {pool: asyncio.Queue[Question | None](room) for pool in pools}
        self._feeder: asyncio.Task[None] | None = None
        self._workers: list[asyncio.Task[None]] = []
        self._began = time.monotonic()

    async def run(self, blocks: Iterable[Sequence[Job]]) -> Course:
        """Asks all of them, or as many as it is let.

        Raises:
            CouldNotCheckError: a server gives no answer at all, or an arm's own proxy has ended.
            JournalError, HistoryError: nothing can be recorded, or read.
        """
        self._began = time.monotonic()
        self._workers = [
            asyncio.create_task(self._work(lane))
            for lane in self._lanes.values()
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
            for pool in self._lanes:
                pool.close()
        return self.course

    async def _unless_stopped(self, task: "asyncio.Task[None]") -> None:
        """Waits for it; that a stop has cancelled it is no error."""
        try:
            await task
        except asyncio.CancelledError:
            if self.course.stopped is None or not task.cancelled():
                raise

    def stop(self, why: str) -> None:
        """Asks nothing more; calls that run may end. The first reason counts."""
        if self.course.stopped is not None:
            return
        self.course.stopped = why
        if self._feeder is not None:
            self._feeder.cancel()
        for lane in self._lanes.values():
            while not lane.empty():
                lane.get_nowait()
            for _ in range(self._concurrency):
                lane.put_nowait(None)

    def interrupt(self) -> None:
        """Ctrl-C: the first one lets calls that run end for a while, the second one does not."""
        again, self.course.interrupted = self.course.interrupted, True
        self.stop("it was interrupted")
        if again:
            self._abort()
        else:
            asyncio.get_running_loop().call_later(GRACE_S, self._abort)

    def _abort(self) -> None:
        for worker in self._workers:
            worker.cancel()

    async def _feed(self, blocks: Iterable[Sequence[Job]]) -> None:
        """Reads the next jobs while those before are asked."""
        batches = gathered(blocks)
        following = asyncio.create_task(self._read(next(batches, [])))
        try:
            while questions := await following:
                following = asyncio.create_task(self._read(next(batches, [])))
                for question in questions:
                    await self._lanes[question.target.pool].put(question)
            for lane in self._lanes.values():
                for _ in range(self._concurrency):
                    await lane.put(None)
        finally:
            following.cancel()

    async def _read(self, jobs: Sequence[Job]) -> list[Question]:
        return await asyncio.to_thread(self._reading.questions, jobs) if jobs else []

    async def _work(self, lane: "asyncio.Queue[Question | None]") -> None:
        while (question := await lane.get()) is not None:
            spent = self._budget.exhausted(time.monotonic() - self._began)
            if spent is not None:
                self.stop(spent)
            if self.course.stopped is not None:
                return
            await self._answer(question)

    async def _answer(self, question: Question) -> None:
        job, prepared = question.job, question.prepared
        sender = self._senders[job.arm]
        if isinstance(prepared, str):
            tried = sender.unreplayable(question, prepared)
        else:
            if b"logprobs" in prepared.body:
                self.course.with_logprobs.add(job.call_id)
            tried = await sender.answer(question)
        self._note(question, tried)

    def _note(self, question: Question, tried: Tried) -> None:
        course, arm = self.course, question.job.arm
        course.asked += 1
        if tried.failure is not None:
            self._sides[arm].check()
        if tried.failure is None:
            course.served[arm] += 1
        else:
            course.failed.setdefault(arm, Counter())[tried.failure] += 1
        self._progress.answered(arm, tried.failure)
        self._check_hope(question)
        why = self._heard(question, tried)
        if why is not None:
            self.stop(why)

    def _check_hope(self, question: Question) -> None:
        """An arm that never answers is said at once, and not after thousands of calls."""
        arm = question.job.arm
        failed = self.course.failed.get(arm)
        if failed is None or self.course.served[arm] or failed.total() < HOPELESS:
            return
        if arm in self._answering:  # what is left of a run are often the calls that fail
            return
        reason, count = failed.most_common(1)[0]
        raise CouldNotCheckError(
            f"the {arm.value} at {question.target.upstream.url} served none of its first "
            f"{failed.total()} calls, {'all' if count == failed.total() else count} for this reason: "
            f"{reason}{_advice(reason)}"
        )


def gathered(blocks: Iterable[Sequence[Job]]) -> Iterator[list[Job]]:
    """Blocks joined until they hold about AT_ONCE jobs: reading few at a time is slow."""
    jobs: list[Job] = []
    for block in blocks:
        jobs += block
        if len(jobs) >= AT_ONCE:
            yield jobs
            jobs = []
    if jobs:
        yield jobs


def _advice(reason: str) -> str:
    status = reason.partition(":")[0]
    if status == "status 404":
        return '; does it speak the recorded dialect? adapt = "responses-to-chat" translates'
    if status in {"status 401", "status 403"}:
        return "; it wants a key: api_key_env names the environment variable that holds it"
    return ""

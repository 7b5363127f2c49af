"""Runs the jobs: both arms interleaved in their seeded order, each server asked no faster than allowed."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from driftgate.replay.arm import Arm
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.lanes import Course, Lanes
from driftgate.replay.run.order import Job
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.question import Question, Tried
from driftgate.replay.run.reading import Reading
from driftgate.replay.run.send import Sender
from driftgate.replay.run.targets import CouldNotCheckError, Side

AHEAD = 16  # jobs that wait in a lane: so far, about, one arm may run ahead of the other
AT_ONCE = 256  # jobs that are read from the history at one time, about
HOPELESS = 20  # answers of an arm, none of them served, until the run is given up


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
        self._answering = frozenset(served)
        self._reading, self._senders, self._sides = reading, senders, sides
        self._progress = progress or Progress(quiet=True)
        self._heard = heard
        pools = {target.pool for side in sides.values() for target in side.targets.values()}
        room = max(AHEAD, 2 * concurrency)
        self._pools, self._lanes = (
            pools,
            Lanes[Question](pools, room=room, concurrency=concurrency, budget=budget or Budget()),
        )

    @property
    def course(self) -> Course:
        """How it goes."""
        return self._lanes.course

    async def run(self, blocks: Iterable[Sequence[Job]]) -> Course:
        """Asks all of them, or as many as it is let.

        Raises:
            CouldNotCheckError: a server gives no answer at all, or an arm's own proxy has ended.
            JournalError, HistoryError: nothing can be recorded, or read.
        """
        try:
            await self._lanes.run(lambda: self._feed(blocks), self._answer)
        finally:
            for pool in self._pools:
                pool.close()
        return self.course

    def interrupt(self) -> None:
        """Ctrl-C: the first one lets calls that run end for a while, the second one does not."""
        self._lanes.interrupt()

    async def _feed(self, blocks: Iterable[Sequence[Job]]) -> None:
        """Reads the next jobs while those before are asked."""
        batches = gathered(blocks)
        following = asyncio.create_task(self._read(next(batches, [])))
        try:
            while questions := await following:
                following = asyncio.create_task(self._read(next(batches, [])))
                for question in questions:
                    await self._lanes.put(question.target.pool, question)
        finally:
            following.cancel()

    async def _read(self, jobs: Sequence[Job]) -> list[Question]:
        return await asyncio.to_thread(self._reading.questions, jobs) if jobs else []

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
        if tried.failure is not None:
            self._sides[arm].check()
        course.note(arm, tried.failure)
        self._progress.answered(arm, tried.failure)
        self._check_hope(question)
        why = self._heard(question, tried)
        if why is not None:
            self._lanes.stop(why)

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

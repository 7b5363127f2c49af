"""Running the jobs."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection

import pytest

from driftgate.replay.arm import Arm
from driftgate.replay.run import lanes
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.lanes import Course
from driftgate.replay.run.order import Job, blocks
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.targets import CouldNotCheckError
from driftgate.replay.trajectory.driver import HOPELESS, Drive
from driftgate.replay.trajectory.trajectory import Trajectory
from tests.replay.trajectory.made import trajectory
from tests.support.waiting import wait_until_async

GONE = Trajectory(1, failure="no server")
Play = Callable[[Job], Awaitable[Trajectory]]


def drive(
    play: Play,
    *,
    budget: Budget | None = None,
    concurrency: int = 2,
    shared: bool = False,
    came: Collection[Arm] = (),
) -> Drive:
    lanes = {Arm.BASELINE: "a", Arm.CANDIDATE: "a" if shared else "b"}
    told = Progress(quiet=True)
    budget = budget or Budget()
    return Drive(play, lanes, concurrency=concurrency, budget=budget, progress=told, came=came)


async def run(made: Drive, cases: int = 6, k: int = 2) -> Course:
    ids = [f"call-{number}" for number in range(cases)]
    return await made.run(blocks(ids, k, 0))


@pytest.mark.parametrize("shared", [False, True])
async def test_every_job_is_run_once_and_no_more_at_a_time_than_allowed(shared: bool) -> None:
    seen: list[Job] = []
    running: Counter[str] = Counter()
    most: Counter[str] = Counter()

    async def play(job: Job) -> Trajectory:
        lane = "a" if shared else job.arm.value
        seen.append(job)
        running[lane] += 1
        most[lane] = max(most[lane], running[lane])
        await asyncio.sleep(0)
        running[lane] -= 1
        return trajectory()

    course = await run(drive(play, shared=shared))
    assert len(seen) == len(set(seen)) == 24
    assert course.asked == 24
    assert course.served == {Arm.BASELINE: 12, Arm.CANDIDATE: 12}
    assert course.stopped is None
    assert set(most.values()) == {2}


async def test_no_arm_runs_far_ahead() -> None:
    gate, ran = asyncio.Event(), list[Job]()

    async def play(job: Job) -> Trajectory:
        ran.append(job)
        if job.arm is Arm.BASELINE:
            await gate.wait()
        return trajectory()

    task = asyncio.create_task(run(drive(play), cases=20))
    await wait_until_async(lambda: len(ran) > 4)
    for _ in range(200):
        await asyncio.sleep(0)
    assert len([job for job in ran if job.arm is Arm.CANDIDATE]) < 20
    gate.set()
    assert (await task).asked == 80


async def test_a_budget_ends_it_in_good_order() -> None:
    budget = Budget(tokens=500)

    async def play(_job: Job) -> Trajectory:
        budget.note(120)
        return trajectory()

    course = await run(drive(play, budget=budget, concurrency=1))
    assert course.stopped == "the budget of 500 tokens is used up"
    assert course.asked < 10


async def test_an_arm_of_which_nothing_comes_is_given_up_with_the_reason() -> None:
    async def play(job: Job) -> Trajectory:
        return GONE if job.arm is Arm.CANDIDATE else trajectory()

    said = f"none of the first {HOPELESS} trajectories of the candidate came: no server"
    with pytest.raises(CouldNotCheckError, match=said):
        await run(drive(play))


async def test_an_arm_of_which_some_came_in_an_earlier_sitting_is_not_given_up() -> None:
    async def play(job: Job) -> Trajectory:
        return GONE if job.arm is Arm.CANDIDATE else trajectory()

    course = await run(drive(play, came=[Arm.CANDIDATE]))
    assert course.failed[Arm.CANDIDATE] == {"no server": 12}


async def test_some_that_fail_are_counted() -> None:
    async def play(job: Job) -> Trajectory:
        return GONE if job.repetition == 2 else trajectory()

    course = await run(drive(play))
    assert course.failed[Arm.BASELINE] == {"no server": 6}
    assert course.served[Arm.BASELINE] == 6


async def test_ctrl_c_lets_what_runs_end_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "GRACE_S", 0.0)
    ended: list[str] = []

    async def play(job: Job) -> Trajectory:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(job.call_id)
        return trajectory()

    made = drive(play)
    task = asyncio.create_task(run(made))
    await wait_until_async(lambda: made._lanes._workers)
    for _ in range(20):
        await asyncio.sleep(0)
    made.interrupt()
    course = await task
    assert course.interrupted
    assert course.asked == 0
    assert len(ended) == 4


async def test_what_cannot_be_kept_ends_it() -> None:
    async def play(_job: Job) -> Trajectory:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await run(drive(play))

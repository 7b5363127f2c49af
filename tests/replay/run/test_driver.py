"""The driver: what is asked, in which order and how fast, and how a run ends."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from driftgate.proxy.errors import DiskFullError
from driftgate.proxy.history.reader import open_history
from driftgate.replay.arm import Arm
from driftgate.replay.run.answers import served_arms
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.driver import gathered
from driftgate.replay.run.order import Job, blocks
from driftgate.replay.run.question import Question, Tried
from driftgate.replay.run.targets import CouldNotCheckError
from tests.replay.run.made import NOT_FOUND, asked, says
from tests.replay.run.rig import RUN, rig
from tests.support.scripted import Exchange, always


async def test_each_arm_is_asked_k_times_and_all_is_recorded(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        course = await it.run(it.driver())
        assert course.served == {Arm.BASELINE: 6, Arm.CANDIDATE: 6}
        found = it.replays("replay_of::VARCHAR, arm, repetition, output_text, verdict")
        texts = {"baseline": "ho", "candidate": "hum"}
        assert found == [
            (call_id, arm, repetition, text, "pass")
            for call_id in sorted(it.ids)
            for arm, text in texts.items()
            for repetition in (1, 2)
        ]
        assert it.made.ask("SELECT count(*) FROM calls") == [(3,)]


async def test_no_server_is_asked_more_at_once_than_allowed(tmp_path: Path) -> None:
    async with rig(tmp_path, 8) as it:
        running, most = 0, 0

        async def answer(exchange: Exchange) -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            for _ in range(5):
                await asyncio.sleep(0)
            running -= 1
            await exchange.send(says("ho"))

        it.baseline.answer = answer
        it.candidate = it.baseline  # one server for both arms: they share its lane
        await it.run(it.driver(concurrency=3))
        assert most == 3


async def test_a_budget_ends_the_run_and_says_so(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        course = await it.run(it.driver(budget=Budget(minutes=0.0)))
        assert course.stopped == "the budget of 0 minutes is used up"
        assert course.asked == 0


async def test_an_arm_that_never_answers_is_said_at_once(tmp_path: Path) -> None:
    async with rig(tmp_path, 40) as it:
        it.candidate.answer = always(NOT_FOUND)
        with pytest.raises(CouldNotCheckError, match=r"candidate at .* none of its first 20 calls"):
            await it.run(it.driver())
        assert len(it.replays("call_id")) < 80


async def test_an_arms_own_proxy_that_has_ended_ends_the_run(tmp_path: Path) -> None:
    def ended() -> None:
        raise CouldNotCheckError("it has ended")

    async with rig(tmp_path, 8) as it:
        driver = it.driver()
        driver._sides = {arm: replace(each, check=ended) for arm, each in driver._sides.items()}
        await it.run(driver, k=1)  # nobody looks while answers come
        it.candidate.answer = always(NOT_FOUND)
        driver = it.driver()
        driver._sides = {arm: replace(each, check=ended) for arm, each in driver._sides.items()}
        with pytest.raises(CouldNotCheckError, match="it has ended"):
            await it.run(driver)


async def test_an_arm_that_answered_in_an_earlier_sitting_is_not_given_up(tmp_path: Path) -> None:
    async with rig(tmp_path, 12) as it:
        await it.run(it.driver(), k=1)
        it.made.drain()
        with open_history(it.made.path, drain=False) as reader:
            served = served_arms(reader, RUN)
        assert served == {Arm.BASELINE, Arm.CANDIDATE}
        it.candidate.answer = always(NOT_FOUND)
        course = await it.run(it.driver(served=served))
        assert course.failed[Arm.CANDIDATE].total() == 24


async def test_ctrl_c_lets_running_calls_end_and_a_second_one_does_not(tmp_path: Path) -> None:
    async with rig(tmp_path, 8) as it:
        driver, here = it.driver(concurrency=1), asyncio.Event()

        async def never(exchange: Exchange) -> None:
            here.set()
            await exchange.reader.read()

        it.candidate.answer = never
        running = asyncio.create_task(it.run(driver))
        await here.wait()
        driver.interrupt()
        await asyncio.sleep(0)
        assert not running.done()
        driver.interrupt()
        course = await running
        assert course.interrupted
        assert len(it.candidate.seen) == 1
        outcomes = it.replays("outcome, error")
        assert outcomes[-1] == ("interrupted", "the run was stopped while the call ran")
        assert {outcome for outcome, _ in outcomes} <= {"completed", "interrupted"}


async def test_what_is_heard_of_an_answer_may_end_the_run(tmp_path: Path) -> None:
    async with rig(tmp_path, 8) as it:
        heard: list[Job] = []

        def hear(question: Question, tried: Tried) -> str | None:
            heard.append(question.job)
            return "enough" if len(heard) == 5 else None

        course = await it.run(it.driver(concurrency=1, heard=hear))
        assert course.stopped == "enough"
        assert course.asked <= 6


async def test_a_failure_in_a_worker_ends_the_run_with_it(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:

        def hear(question: Question, tried: Tried) -> str | None:
            raise ValueError("heard badly")

        with pytest.raises(ValueError, match="heard badly"):
            await it.run(it.driver(heard=hear))


async def test_calls_that_ask_for_logprobs_are_told(tmp_path: Path) -> None:
    async with rig(tmp_path, 2) as it:
        asking = it.made.call(asked(9, logprobs=True))
        it.made.drain()
        it.ids.append(asking)
        course = await it.run(it.driver())
        assert course.with_logprobs == {asking}


async def test_a_journal_that_cannot_be_written_ends_the_run(tmp_path: Path) -> None:
    async with rig(tmp_path, 8) as it:
        it.recording.of("candidate").journal.full = "no space"
        with pytest.raises(
            DiskFullError, match="no space; free some space and go on with --resume"
        ):
            await it.driver().run(blocks(it.ids, 2, 7))


async def test_a_call_that_cannot_be_sent_is_recorded_as_such(tmp_path: Path) -> None:
    async with rig(tmp_path, 0) as it:
        body = b'{"model":"m","input":"x","previous_response_id":"gone"}'
        it.ids = [it.made.call(body, target="/v1/responses")]
        it.made.drain()
        course = await it.run(it.driver(), k=1)
        assert course.served == {}
        found = it.replays("arm, outcome, status, error, replay_of::VARCHAR")
        assert [each[:3] for each in found] == [
            ("baseline", "client_invalid", None),
            ("candidate", "client_invalid", None),
        ]
        assert {each[4] for each in found} == set(it.ids)
        assert str(found[0][3]).startswith("it cannot be sent again: ")


def test_blocks_are_joined_until_they_are_worth_reading() -> None:
    def block(size: int) -> Sequence[Job]:
        return [Job(str(UUID(int=n)), Arm.BASELINE, 1) for n in range(size)]

    assert [len(each) for each in gathered([block(200), block(100), block(10)])] == [300, 10]
    assert list(gathered([])) == []

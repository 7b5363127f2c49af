"""A gate as a whole, against two scripted servers."""

import asyncio
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.history.reader import open_history
from driftgate.replay import results
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.decide.decision import GateVerdict, of_json
from driftgate.replay.gate import run_gate
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.driver import Driver
from driftgate.replay.run.hold import held
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.targets import CouldNotCheckError
from driftgate.replay.sitting import RunInterruptedError
from tests.replay.gates import asked_of, in_process, ran
from tests.replay.run.made import Made, says
from tests.support.processes import free_port
from tests.support.scripted import Exchange, Scripted, always, sized

pytestmark = pytest.mark.usefixtures("in_process")
__all__ = ["in_process"]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    history = Made(tmp_path)
    yield history
    history.journal.close()


async def test_a_gate_asks_decides_and_keeps_what_it_found(made: Made) -> None:
    answer_b, answer_c = Scripted(always(says("ho"))), Scripted(always(says("")))
    async with answer_b.running() as baseline, answer_c.running() as candidate:
        wanted = asked_of(made, baseline.url, candidate.url, 40, seed=3)
        report = await ran(wanted)
    assert report.decision.verdict is GateVerdict.DRIFT
    assert report.decision.health.served == {"baseline": 80, "candidate": 80}
    assert [each.name for each in report.differences if each.place == "server"] == ["upstream"]
    with open_history(made.path, drain=False) as reader:
        kept = results.run(reader, "last")
        assert kept == report.run
        assert (kept.k, kept.seed, kept.cases, kept.selection) == (2, 3, 40, "all of them")
        assert kept.candidate["upstream"] == candidate.url
        assert results.decision(reader, kept.run_id) == of_json(
            json.loads(json.dumps(report.decision.as_json()))
        )
    assert made.ask(
        "SELECT status FROM findings WHERE metric = 'contract_pass' AND slice = ''"
    ) == [("drift",)]
    assert made.ask("SELECT count(*) FROM selection_calls") == [(40,)]


async def test_a_server_that_is_down_is_said_before_anything_is_written(made: Made) -> None:
    async with Scripted(always(says("ho"))).running() as server:
        nobody = f"http://127.0.0.1:{free_port()}"
        for urls in ((server.url, nobody), (nobody, server.url)):
            with pytest.raises(CouldNotCheckError, match="nothing was checked"):
                await ran(asked_of(made, *urls))
    assert all(each.target != "/v1/chat/completions" for each in server.seen)
    assert made.ask("SELECT count(*) FROM runs") == [(0,)]
    assert [path.name for path in made.journal._folder.parent.iterdir() if path.is_dir()] == ["w"]


async def test_a_run_goes_on_and_asks_nothing_twice(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    drivers: list[Driver] = []
    begin = Driver.__init__

    def remembered(self: Driver, *given: Any, **options: Any) -> None:
        begin(self, *given, **options)
        drivers.append(self)

    async def stopping(exchange: Exchange) -> None:
        if len(server.seen) == 40:  # probes among them
            assert drivers[0]._lanes._feeder is not None
            drivers[0]._lanes._feeder.get_loop().call_soon_threadsafe(drivers[0].interrupt)
        await exchange.send(says("ho"))

    monkeypatch.setattr(Driver, "__init__", remembered)
    async with Scripted(stopping).running() as server:
        wanted = asked_of(made, server.url, server.url, 40)
        with pytest.raises(RunInterruptedError, match="go on with: --resume") as caught:
            await ran(wanted)
        with open_history(made.path, drain=False) as reader:
            begun = results.run(reader, caught.value.run_id)
            before = results.done(reader, begun.run_id)
            assert results.decision(reader, begun.run_id) is None
        assert 0 < len(before) < 160
        busy = pytest.raises(CouldNotCheckError, match=f"run {begun.run_id} is being asked by")
        with held(made.path, begun.run_id), busy:
            await ran(replace(wanted, resumed=begun))
        assert len(server.seen) < 160
        report = await ran(replace(wanted, resumed=begun))
    assert report.run == begun
    assert report.decision.health.coverage == 1.0
    jobs = made.ask(
        "SELECT replay_of, arm, repetition, count(*) FILTER (outcome = 'completed') AS times "
        "FROM replays GROUP BY ALL"
    )
    assert len(jobs) == 160
    assert {job[3] for job in jobs} == {1}


async def test_what_is_odd_about_an_arm_is_said_before_the_run(made: Made) -> None:
    said = io.StringIO()
    async with Scripted(always(says("ho"))).running() as server:
        wanted = asked_of(made, server.url, server.url, 2)
        candidate = wanted.candidate.model_copy(update={"set": {"seed": 1}})
        gate = replace(wanted, candidate=candidate)
        await asyncio.to_thread(run_gate, gate, Progress(stream=said))
    first, *others = said.getvalue().splitlines()
    assert first.startswith(
        "driftgate: candidate: set.seed = 1 makes all repetitions draw the same"
    )
    assert others == ["driftgate: comparing"]


async def test_a_budget_that_is_used_up_is_in_the_decision(made: Made) -> None:
    async with Scripted(always(says("ho"))).running() as server:
        wanted = asked_of(
            made, server.url, server.url, 40, budget=Budget(tokens=200), concurrency=1
        )
        report = await ran(wanted)
    assert report.decision.stopped == "the budget of 200 tokens is used up"
    assert report.decision.health.cases < 40


async def test_stopping_early_saves_calls_and_says_why(made: Made) -> None:
    answer_b, answer_c = Scripted(always(says("ho"))), Scripted(always(says("")))
    async with answer_b.running() as baseline, answer_c.running() as candidate:
        wanted = asked_of(made, baseline.url, candidate.url, 100, stop_early=True)
        report = await ran(wanted)
    assert report.decision.verdict is GateVerdict.DRIFT
    assert report.decision.stopped is not None
    assert report.decision.health.cases < 100


async def test_a_candidate_that_changes_in_the_middle_was_not_measured(made: Made) -> None:
    asks = 0

    async def changing(exchange: Exchange) -> None:
        nonlocal asks
        if exchange.target == "/props":
            asks += 1
            slots = {"default_generation_settings": {"n_ctx": 1024 * asks}, "build_info": "b1"}
            await exchange.send(sized(json.dumps(slots).encode()))
        else:
            await exchange.send(says("ho"))

    steady, other = Scripted(always(says("ho"))), Scripted(changing)
    async with steady.running() as baseline, other.running() as candidate:
        report = await ran(asked_of(made, baseline.url, candidate.url, 30))
    assert report.decision.verdict is GateVerdict.COULD_NOT_CHECK
    assert report.decision.sentence == (
        "Could not check: the candidate changed during the run: n_ctx: 1024 -> 2048."
    )
    assert report.decision.health.problems[0].startswith("the candidate changed")


async def test_without_an_address_the_baseline_is_what_was_recorded(tmp_path: Path) -> None:
    async with Scripted(always(says("ho"))).running() as server:
        made = Made(tmp_path, server.url)
        wanted = asked_of(made, server.url, server.url)
        await ran(replace(wanted, baseline=Configuration()))
        found = made.ask("SELECT DISTINCT arm, upstream FROM replays ORDER BY ALL")
        assert found == [("baseline", "default"), ("candidate", "candidate")]
        made.journal.close()
    assert {arm for arm, _ in found} == {Arm.BASELINE, Arm.CANDIDATE}

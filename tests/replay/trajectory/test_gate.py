"""A gate over trajectories as a whole, against a scripted server and a stand-in for Codex."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest

from driftgate.proxy.agent.codex.program import Program
from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.settings.codex import Codex
from driftgate.proxy.settings.model import RedactSettings
from driftgate.replay import results
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.decide.decision import GateVerdict
from driftgate.replay.report.report import Format, Report, render
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.hold import held
from driftgate.replay.run.targets import CouldNotCheckError
from driftgate.replay.select.criteria import Criteria
from driftgate.replay.sitting import RunInterruptedError
from driftgate.replay.trajectory import playing, sitting
from driftgate.replay.trajectory.choosing.choose import Draw, choose
from driftgate.replay.trajectory.driver import Drive
from driftgate.replay.trajectory.gate import run_trajectories
from driftgate.replay.trajectory.policy import TrajectoryPolicy
from driftgate.replay.trajectory.rows import Setup
from driftgate.replay.trajectory.wanted import TrajectoryGate
from tests.replay.run.drained import InProcess
from tests.replay.run.made import Made, says
from tests.replay.trajectory.recorded import Talk
from tests.support.app_server_double import AppServerDouble, completed, note
from tests.support.scripted import Scripted, always

PROGRAM = Program("/no/codex", "0.169.0")


class Server(AppServerDouble):
    """A Codex that does as its model's name says: `good` writes a file, `bad` does not."""

    async def request(self, method: str, params: Any, timeout_s: float = 30) -> Any:
        if method == "turn/start":
            wanted = self.wanted("thread/start")
            assert params["sandboxPolicy"] == {"type": "workspaceWrite"}
            self.turns = [[_said(f"I am {wanted['model']}"), completed()]]
            if wanted["model"] != "bad":
                (Path(wanted["cwd"]) / "out").write_text(params["input"][0]["text"])
        return await super().request(method, params, timeout_s)


class Failing(Server):
    """A Codex whose model's server fails, once it has taken some tokens."""

    async def request(self, method: str, params: Any, timeout_s: float = 30) -> Any:
        told = await super().request(method, params, timeout_s)
        if method == "turn/start":
            error = {"message": "busy", "codexErrorInfo": None}
            usage = {"inputTokens": 4, "outputTokens": 2, "totalTokens": 6}
            spent = note("thread/tokenUsage/updated", tokenUsage={"last": usage, "total": usage})
            self.notes = _only(self.notes, spent, completed("failed", error=error))
        return told


def _said(text: str) -> dict[str, Any]:
    return note("item/completed", item={"type": "agentMessage", "id": "m", "text": text})


def _only(notes: asyncio.Queue[Any], *told: Any) -> asyncio.Queue[Any]:
    """The queue with these notes alone."""
    while not notes.empty():
        notes.get_nowait()
    for each in told:
        notes.put_nowait(each)
    return notes


class Pools:
    """Pools of such servers."""

    made = Server

    def __init__(self, *_given: Any) -> None:
        self.closed = False

    def of(self, _arm: Arm, _codex: Codex) -> "Pools":
        return self

    @asynccontextmanager
    async def server(self) -> AsyncIterator[Server]:
        yield self.made()

    async def close(self) -> None:
        self.closed = True


class Stack:
    """An arm's own proxy that is nowhere."""

    ended = ""

    def __init__(self, _settings: Any, upstreams: Any, arm: str, **_more: Any) -> None:
        self.url = f"http://127.0.0.1:1/{arm}"
        assert all(each.codex is None for each in upstreams.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def check(self) -> None:
        if self.ended:
            raise CouldNotCheckError(self.ended)


@pytest.fixture(autouse=True)
def nothing_real(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, stand_in in (("Historian", InProcess), ("Pools", Pools), ("Stack", Stack)):
        monkeypatch.setattr(sitting, name, stand_in)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    history = Made(tmp_path)
    yield history
    history.journal.close()


def gate(
    made: Made, url: str, *, model: str | None = None, threads: int = 6, **more: Any
) -> TrajectoryGate:
    for number in range(threads):
        Talk(made, f"t{number}").turn(f"write {number}")
    made.drain()
    until = datetime.now(UTC) + timedelta(minutes=1)
    with open_history(made.path, drain=False) as reader:
        chosen = choose(reader, Criteria(), made.settings, Draw(n=20, until=until))
    told: dict[str, Any] = {
        "settings": made.settings,
        "tasks": chosen.tasks,
        "selection": chosen.selection,
        "baseline": Configuration(upstream=url),
        "candidate": Configuration(upstream=url, model=model),
        "policy": TrajectoryPolicy(permutations=199).without_check(),
        "program": PROGRAM,
        "base": Codex(model="m"),
        "setup": Setup(workspace="empty"),
    }
    return TrajectoryGate(**{**told, **more})


async def ran(wanted: TrajectoryGate) -> Report:
    """Its report. It runs in another thread, so that servers of the test can answer."""
    return await asyncio.to_thread(run_trajectories, wanted)


async def test_a_gate_runs_decides_and_keeps_what_it_found(made: Made) -> None:
    async with Scripted(always(says("ho"))).running() as server:
        report = await ran(gate(made, server.url, model="bad", seed=3))
    assert report.decision.verdict is GateVerdict.DRIFT
    assert report.decision.sentence.startswith("Drift: agreement in `files` is 100 points lower")
    assert report.decision.health.served == {"baseline": 12, "candidate": 12}
    with open_history(made.path, drain=False) as reader:
        kept = results.run(reader, "last")
        assert kept == report.run
        assert (kept.kind, kept.k, kept.seed, kept.cases) == ("trajectories", 2, 3, 6)
        cases = results.cases(reader, kept)
    assert [len(case.of(arm)) for case in cases for arm in (Arm.BASELINE, Arm.CANDIDATE)] == [
        2
    ] * 12
    assert cases[0].of(Arm.CANDIDATE)[0].text == "I am bad"
    assert made.ask(
        "SELECT arm, count(*), count(DISTINCT call_id) FROM all_agent_turns GROUP BY arm ORDER BY arm"
    ) == [("baseline", 12, 12), ("candidate", 12, 12)]
    assert made.ask("SELECT workspace, codex_version FROM trajectory_runs") == [
        ("empty", "0.169.0")
    ]
    assert not made.path.with_name("h.duckdb.replays").exists()


async def test_the_report_says_what_it_measures_and_what_not(made: Made) -> None:
    async with Scripted(always(says("ho"))).running() as server:
        report = await ran(gate(made, server.url))
    assert report.decision.verdict is GateVerdict.INCONCLUSIVE
    text = render(report, Format.TEXT)
    assert "whole trajectories" in text
    assert "6 recorded threads of 6 sessions, 2 trajectories of each arm" in text
    assert "teacher-forced" not in text
    assert "no replay of recorded requests" in text
    assert json.loads(render(report, Format.JSON))["run"]["kind"] == "trajectories"
    for form in (Format.HTML, Format.JUNIT):
        assert "trajectories" in render(report, form)


async def test_a_run_that_was_interrupted_goes_on(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    drives: list[Drive] = []
    note_one = Drive._note

    def stopping(self: Drive, *given: Any) -> None:
        note_one(self, *given)
        drives.append(self)
        if len(drives) == 5:
            self.interrupt()

    monkeypatch.setattr(Drive, "_note", stopping)
    async with Scripted(always(says("ho"))).running() as server:
        wanted = gate(made, server.url)
        with pytest.raises(RunInterruptedError, match="go on with: --resume") as caught:
            await ran(wanted)
        with open_history(made.path, drain=False) as reader:
            begun = results.run(reader, caught.value.run_id)
        busy = pytest.raises(CouldNotCheckError, match="is being asked by another process")
        again = replace(wanted, resumed=begun)
        with held(made.path, begun.run_id), busy:
            await ran(again)
        setup = made.ask("SELECT workspace_digest FROM trajectory_runs")[0][0]
        again = replace(again, setup=replace(wanted.setup, workspace_digest=setup))
        report = await ran(again)
    assert report.run == begun
    jobs = made.ask("SELECT replay_of, arm, repetition, count(*) FROM trajectories GROUP BY ALL")
    assert [job[3] for job in jobs] == [1] * 24


async def test_a_workspace_that_changed_meanwhile_ends_a_run_that_goes_on(made: Made) -> None:
    async with Scripted(always(says("ho"))).running() as server:
        wanted = gate(made, server.url)
        report = await ran(wanted)
        setup = replace(wanted.setup, workspace_digest="another")
        with pytest.raises(UsageError, match="is not as it was when the run began"):
            await ran(replace(wanted, resumed=report.run, setup=setup))


async def test_a_server_that_is_down_is_said_before_anything_is_written(made: Made) -> None:
    wanted = gate(made, "http://127.0.0.1:1")
    with pytest.raises(CouldNotCheckError, match="nothing was checked"):
        await ran(wanted)
    assert made.ask("SELECT count(*) FROM runs") == [(0,)]


async def test_what_failed_for_a_reason_that_passes_is_run_once_more(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def flaky() -> Server:
        asked.append("")
        return Failing() if len(asked) == 1 else Server()

    monkeypatch.setattr(playing, "BACKOFF_S", 0.0)
    monkeypatch.setattr(Pools, "made", staticmethod(flaky))
    async with Scripted(always(says("ho"))).running() as server:
        report = await ran(gate(made, server.url, concurrency=1))
    assert len(asked) == 25
    assert report.decision.health.coverage == 1
    assert made.ask("SELECT count(*), count(failure) FROM trajectories") == [(25, 1)]


async def test_each_try_costs_of_the_budget(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "BACKOFF_S", 0.0)
    monkeypatch.setattr(Pools, "made", Failing)
    budget = Budget(tokens=1000)
    async with Scripted(always(says("ho"))).running() as server:
        await ran(gate(made, server.url, threads=1, k=1, concurrency=1, budget=budget))
    assert made.ask("SELECT count(*) FROM trajectories") == [(6,)]
    assert budget.spent == 36


async def test_an_arms_proxy_that_has_ended_ends_the_run_which_goes_on_later(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pools, "made", Failing)
    monkeypatch.setattr(Stack, "ended", "the proxy has ended")
    async with Scripted(always(says("ho"))).running() as server:
        with pytest.raises(CouldNotCheckError, match="the proxy has ended"):
            await ran(gate(made, server.url))
    assert made.ask("SELECT count(*) FROM trajectories") == [(0,)]


async def test_a_run_does_not_go_on_with_another_codex(made: Made) -> None:
    async with Scripted(always(says("ho"))).running() as server:
        wanted = gate(made, server.url)
        report = await ran(wanted)
        setup = replace(wanted.setup, codex_version="0.150.0")
        with pytest.raises(UsageError, match=r"began with Codex 0\.150\.0, and this is 0\.169\.0"):
            await ran(replace(wanted, resumed=report.run, setup=setup))


async def test_what_is_to_be_redacted_is_not_kept(made: Made) -> None:
    rules = RedactSettings.model_validate({"patterns": ["write \\d"]})
    made.settings = made.settings.model_copy(update={"redact": rules})
    async with Scripted(always(says("ho"))).running() as server:
        await ran(gate(made, server.url))
    kept = made.ask("SELECT data FROM trajectories")
    assert all("write" not in data for (data,) in kept)

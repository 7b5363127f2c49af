"""What a client asks as one turn: everything that it needs is made, and given back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.failures import busy, died
from driftgate.proxy.agent.origin import PARENT_HEADER, Origin
from driftgate.proxy.agent.steps import Ended, Item, Kind, Step, Text
from driftgate.proxy.agent.turns.runner import Runner
from driftgate.proxy.settings.codex import Codex
from tests.support.app_server_double import AppServerDouble, completed, note, recorded
from tests.support.waiting import wait_until_async

ORIGIN = Origin("0190-call", authorization="Bearer key")
ASKED = Asked(dialect="chat", model="agent", stream=True, input=[{"type": "text", "text": "go"}])
TALK = note("item/agentMessage/delta", itemId="m", delta="half")


class Pool:
    """Gives out these servers, one after the other. given: how many are out."""

    program, home, environment = "codex", Path("/home"), {"PATH": "/bin"}

    def __init__(self, *servers: AppServerDouble | Exception) -> None:
        self._servers = list(servers)
        self.given = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        self.given += 1
        try:
            yield
        finally:
            self.given -= 1

    @asynccontextmanager
    async def server(self) -> AsyncIterator[AppServerDouble]:
        found = self._servers.pop(0)
        if isinstance(found, Exception):
            raise found
        self.given += 1
        try:
            yield found
        finally:
            self.given -= 1


def made(folder: Path, pool: Pool, **settings: Any) -> Runner:
    codex = Codex(model="gemma4", **settings)
    return Runner(codex, pool, "http://127.0.0.1:1/u/m/v1", folder / "turns")  # type: ignore[arg-type]  # a stand-in


async def run(runner: Runner, asked: Asked = ASKED) -> list[Step]:
    return [step async for step in runner.run(asked, ORIGIN)]


async def test_a_turn_has_a_directory_and_a_provider_of_its_own(tmp_path: Path) -> None:
    server = AppServerDouble(recorded("command"))
    pool = Pool(server)
    runner = made(tmp_path, pool)
    steps = await run(runner)
    assert isinstance(steps[-1], Ended)
    assert steps[-1].status == "completed"
    wanted = server.wanted("thread/start")
    provider = wanted["config"]["model_providers.driftgate"]
    assert provider["base_url"] == "http://127.0.0.1:1/u/m/v1"
    assert provider["http_headers"][PARENT_HEADER] == "0190-call"
    assert Path(wanted["cwd"]).parent.parent == tmp_path / "turns"
    assert not Path(wanted["cwd"]).exists()
    assert server.forgotten == ["thread-1"]
    assert pool.given == 0
    await runner.close()


async def test_what_the_client_asked_is_passed_on(tmp_path: Path) -> None:
    server = AppServerDouble([completed()])
    asked = Asked(
        dialect="responses",
        model="agent",
        stream=False,
        input=ASKED.input,
        history=[{"type": "message"}],
        instructions="be brief",
        schema={"type": "object"},
        ignored=("temperature", "seed"),
    )
    runner = made(tmp_path, Pool(server))
    steps = await run(runner, asked)
    told = [(step.kind, step.title) for step in steps if isinstance(step, Item)]
    assert told == [(Kind.IGNORED, "temperature"), (Kind.IGNORED, "seed")]
    assert server.wanted("thread/start")["developerInstructions"] == "be brief"
    assert server.wanted("thread/inject_items")["items"] == [{"type": "message"}]
    assert server.wanted("turn/start")["outputSchema"] == {"type": "object"}
    await runner.close()


@pytest.mark.parametrize("failure", [busy(16, 64), died("0.169.0", "killed")])
async def test_a_turn_that_gets_no_process_fails_and_raises_nothing(
    tmp_path: Path, failure: Exception
) -> None:
    (end,) = await run(made(tmp_path, Pool(failure)))
    assert isinstance(end, Ended)
    assert end.status == "failed"
    assert end.error is failure.error  # type: ignore[attr-defined]  # an AgentError


async def test_a_turn_without_a_directory_fails_and_gives_its_process_back(tmp_path: Path) -> None:
    pool = Pool(AppServerDouble())
    runner = made(tmp_path, pool, directory="named", path=tmp_path / "absent")
    (end,) = await run(runner)
    assert isinstance(end, Ended)
    assert end.error is not None
    assert end.error.code == "workspace_failed"
    assert pool.given == 0


async def test_a_process_that_was_dead_already_is_replaced_by_another_once(tmp_path: Path) -> None:
    dead, living = AppServerDouble(), AppServerDouble([completed()])
    dead.closed = True
    runner = made(tmp_path, Pool(dead, living))
    assert isinstance((await run(runner))[-1], Ended)
    assert "turn/start" in living.methods
    (end,) = await run(made(tmp_path, Pool(dead, dead)))
    assert isinstance(end, Ended)
    assert end.error is not None
    assert end.error.code == "codex_died"
    await runner.close()


async def test_a_process_that_dies_in_the_turn_is_not_asked_again(tmp_path: Path) -> None:
    runner = made(tmp_path, Pool(AppServerDouble([TALK, None]), AppServerDouble([completed()])))
    steps = await run(runner)
    assert steps[0] == Text("m", "half")
    assert len([step for step in steps if isinstance(step, Ended)]) == 1
    await runner.close()


async def test_a_client_that_leaves_stops_the_turn_and_nothing_is_left(tmp_path: Path) -> None:
    server = AppServerDouble([TALK])
    pool = Pool(server)
    runner = made(tmp_path, pool)
    async with aclosing(runner.run(ASKED, ORIGIN)) as steps:
        assert await anext(steps) == Text("m", "half")
    assert server.methods[-3:] == [
        *("turn/interrupt", "thread/backgroundTerminals/clean", "thread/unsubscribe"),
    ]
    assert not Path(server.wanted("thread/start")["cwd"]).exists()
    assert pool.given == 0
    await runner.close()
    assert [path.name for path in (tmp_path / "turns").iterdir()] == [".lock"]


async def test_a_cancelled_turn_is_stopped_and_nothing_is_left(tmp_path: Path) -> None:
    server = AppServerDouble([])
    pool = Pool(server)
    runner = made(tmp_path, pool)
    turn = asyncio.ensure_future(run(runner))
    await wait_until_async(lambda: "turn/start" in server.methods)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    assert "turn/interrupt" in server.methods
    assert pool.given == 0
    await runner.close()
    assert [path.name for path in (tmp_path / "turns").iterdir()] == [".lock"]


async def test_a_turn_may_have_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Pool()
    told: dict[str, Any] = {}

    async def alone(*given: Any, **named: Any) -> AsyncIterator[Step]:
        told.update(named, given=given, slots=pool.given, there=named["cwd"].is_dir())
        yield Text("m", "hello")
        yield Ended("completed")

    monkeypatch.setattr("driftgate.proxy.agent.turns.runner.exec_turn", alone)
    runner = made(tmp_path, pool, isolation="process")
    assert await run(runner) == [Text("m", "hello"), Ended("completed")]
    assert (told["slots"], told["there"], told["asked"]) == (1, True, ASKED)
    assert told["given"][0] == "codex"
    assert told["given"][2] == Path("/home")
    assert told["environment"] == {"PATH": "/bin"}
    assert told["provider"]["http_headers"][PARENT_HEADER] == "0190-call"
    assert pool.given == 0
    assert not told["cwd"].exists()
    await runner.close()

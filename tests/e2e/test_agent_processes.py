"""The real Codex CLI in the pool, and in runs of its own, in front of the simulated model."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.codex.app_server import AppServer
from driftgate.proxy.agent.codex.exec_turn import exec_turn
from driftgate.proxy.agent.codex.pool import AgentPool
from driftgate.proxy.agent.codex.program import Program, find
from driftgate.proxy.agent.origin import Origin
from driftgate.proxy.agent.steps import Ended, Item, Kind, Step
from driftgate.proxy.settings.codex import Codex
from tests.support.backends import Backend
from tests.support.leaving import Sink, peers
from tests.support.parts import codex_program
from tests.support.processes import ROOT, Proc, alive
from tests.support.waiting import wait_until, wait_until_async

Json = dict[str, Any]
CALL = "019a0000-0000-7000-8000-000000000001"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
linux = pytest.mark.skipif(sys.platform != "linux", reason="platform: needs /proc")


def settings(**more: Any) -> Codex:
    return Codex(model="gemma4-sim:v1", program=str(codex_program()), **more)


@pytest.fixture(scope="module")
def program() -> Program:
    return find(settings())


@pytest.fixture
async def pool(program: Program, tmp_path: Path) -> AsyncIterator[AgentPool]:
    pool = AgentPool("agent", settings(processes=1), tmp_path / "home", program)
    yield pool
    await pool.close()


class Talk:
    """A thread in an app server. said: all that was told of it so far."""

    def __init__(self, server: AppServer, sim: Backend, folder: Path) -> None:
        self._server, self._folder = server, folder
        self._provider = Origin(CALL).provider(f"{sim.url}/v1")
        self.thread = ""
        self.said: list[Json] = []

    async def begin(self, text: str, sandbox: str = "readOnly") -> "asyncio.Queue[Json | None]":
        wanted = {
            "cwd": str(self._folder),
            "ephemeral": True,
            # one that may write would make Codex trust the folder: see the test of that
            "sandbox": "read-only",
            "modelProvider": "driftgate",
            "config": {"model_providers.driftgate": self._provider},
        }
        told = await self._server.request("thread/start", wanted)
        self.thread = told["thread"]["id"]
        queue = self._server.listen(self.thread)
        said = [{"type": "text", "text": text}]
        policy = {"type": sandbox}
        wanted = {"threadId": self.thread, "input": said, "sandboxPolicy": policy}
        await self._server.request("turn/start", wanted)
        return queue

    async def run(self, text: str, sandbox: str = "readOnly") -> list[Json]:
        """A turn; the items that it told whole."""
        queue = await self.begin(text, sandbox)
        while (message := await queue.get()) is not None:
            self.said.append(message)
            if message["method"] == "turn/completed":
                assert message["params"]["turn"]["status"] == "completed", message
                break
        await self._server.request("thread/unsubscribe", {"threadId": self.thread})
        self._server.forget(self.thread)
        return [m["params"]["item"] for m in self.said if m["method"] == "item/completed"]


def output(items: list[Json]) -> str:
    """What the command of a turn said."""
    (command,) = [item for item in items if item["type"] == "commandExecution"]
    return str(command["aggregatedOutput"])


async def test_a_turn_runs_a_command_and_answers(
    pool: AgentPool, sim: Backend, tmp_path: Path
) -> None:
    async with pool.server() as server:
        talk = Talk(server, sim, tmp_path)
        items = await talk.run("run: echo $((40 + 2))")
    assert output(items) == "42\n"
    assert "42" in items[-1]["text"]
    methods = {message["method"] for message in talk.said}
    assert "item/agentMessage/delta" in methods
    assert not methods & {"thread/status/changed", "account/rateLimits/updated"}


async def test_commands_see_no_keys_no_home_and_no_login_shell(
    pool: AgentPool, sim: Backend, tmp_path: Path
) -> None:
    (tmp_path / "user").mkdir()
    for name in (".bashrc", ".bash_profile", ".profile", ".zshrc"):
        (tmp_path / "user" / name).write_text("echo profile was read\n")
    secret = {"OPENAI_API_KEY": "hidden", "CODEX_API_KEY": "hidden"}
    pool.environment = {**pool.environment, **secret, "HOME": str(tmp_path / "user")}
    async with pool.server() as server:
        said = output(await Talk(server, sim, tmp_path).run("run: env; echo in shell $SHLVL"))
    assert "profile was read" not in said
    assert "CODEX_HOME" not in said
    assert "in shell 2" in said


async def test_nothing_of_what_is_said_is_kept_on_disk(
    pool: AgentPool, sim: Backend, tmp_path: Path
) -> None:
    async with pool.server() as server:
        await Talk(server, sim, tmp_path).run("run: echo unmistakable")
    await pool.close()
    files = [path for path in pool.home.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if b"unmistakable" in path.read_bytes()] == []
    assert [path.name for path in files if path.name.startswith("logs")] == []
    assert not (pool.home / "sessions").exists()


async def test_threads_do_not_stay_in_memory(pool: AgentPool, sim: Backend, tmp_path: Path) -> None:
    async with pool.server() as server:
        for _ in range(5):
            await Talk(server, sim, tmp_path).run("hello")

        async def loaded() -> list[str]:
            return list((await server.request("thread/loaded/list", {}))["data"])

        while await loaded():
            await asyncio.sleep(0.02)


async def test_sixteen_turns_at_once_are_answered(
    pool: AgentPool, sim: Backend, tmp_path: Path
) -> None:
    async def one(number: int) -> str:
        async with pool.server() as server:
            items = await Talk(server, sim, tmp_path).run(f"echo: this is {number}")
            return str(items[-1]["text"])

    told = await asyncio.gather(*(one(number) for number in range(16)))
    assert told == [f"this is {number}" for number in range(16)]


async def test_an_interrupted_turn_ends_at_once(
    pool: AgentPool, sim: Backend, tmp_path: Path
) -> None:
    async with pool.server() as server:
        talk = Talk(server, sim, tmp_path)
        queue = await talk.begin("run: sleep 600")
        while (message := await queue.get()) and message["method"] != "item/started":
            continue
        assert message is not None
        turn = message["params"]["turnId"]
        await server.request("turn/interrupt", {"threadId": talk.thread, "turnId": turn})
        while (message := await queue.get()) and message["method"] != "turn/completed":
            continue
        assert message is not None
        assert message["params"]["turn"]["status"] == "interrupted"


async def left_behind(pool: AgentPool, sim: Backend, folder: Path) -> tuple[AppServer, list[int]]:
    """A turn under way outside the sandbox, whose commands have gone their own ways."""
    async with pool.server() as server:
        pids = folder / "pids"
        family = f"(setsid sleep 600 & echo $! >> {pids}); sleep 600 & echo $! >> {pids}; wait"
        await Talk(server, sim, folder).begin(f"run: {family}", "dangerFullAccess")
        await wait_until_async(lambda: pids.exists() and pids.read_text().count("\n") == 2)
        return server, [int(line) for line in pids.read_text().split()]


@linux
async def test_commands_outside_the_sandbox_end_with_the_pool(
    pool: AgentPool, sim: Backend, tmp_path: Path
) -> None:
    _, pids = await left_behind(pool, sim, tmp_path)
    assert all(map(alive, pids))
    await pool.close()
    assert not any(map(alive, pids))


@linux
async def test_commands_outside_the_sandbox_end_with_a_codex_that_is_killed(
    pool: AgentPool, sim: Backend, tmp_path: Path
) -> None:
    server, pids = await left_behind(pool, sim, tmp_path)
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    os.kill(int(children[0]), 9)
    await wait_until_async(lambda: not any(map(alive, [*pids, server.pid])))


_PARENT = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from driftgate.proxy.agent.codex.pool import AgentPool
from driftgate.proxy.agent.codex.program import Program
from driftgate.proxy.settings.codex import Codex
from tests.e2e.test_agent_processes import Talk
from tests.support.backends import Backend
from tests.support.leaving import Sink, peers

async def main(program, url, folder):
    codex = Codex(model="gemma4-sim:v1")
    pool = AgentPool("agent", codex, Path(folder) / "home", Program(program, "0"))
    async with pool.server() as server:
        await Talk(server, Backend(url, None, ""), Path(folder)).begin(
            f"run: echo $$ > {folder}/pids; (setsid sleep 600 & echo $! >> {folder}/pids); wait; sleep 600",
            "dangerFullAccess",
        )
        print(server.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main(*sys.argv[2:]))
"""


@linux
def test_all_ends_with_a_driftgate_that_is_killed(
    proc: Any, program: Program, sim: Backend, tmp_path: Path
) -> None:
    words = [sys.executable, "-c", _PARENT, str(ROOT), program.path, sim.url, str(tmp_path)]
    parent: Proc = proc(words, env={"PYTHONPATH": str(ROOT)})
    guardian = int(parent.wait_for(r"(?m)^(\d+)$")[1])
    pids = tmp_path / "pids"
    wait_until(lambda: pids.exists() and pids.read_text().count("\n") == 2)
    children = Path(f"/proc/{guardian}/task/{guardian}/children").read_text().split()
    family = {guardian, *map(int, children), *map(int, pids.read_text().split())}
    assert len(family) == 4
    assert all(map(alive, family))
    parent.popen.kill()
    wait_until(lambda: not any(map(alive, family)), what="all of them to end")


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


@linux
async def test_no_connection_leaves_the_machine(
    pool: AgentPool, sim: Backend, sink: Sink, tmp_path: Path
) -> None:
    proxies = {**sink.proxies, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    pool.environment = {**pool.environment, **proxies}
    seen: set[str] = set()
    async with pool.server() as server:
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        turns = asyncio.gather(*(Talk(server, sim, tmp_path).run("run: ls") for _ in range(3)))
        while not turns.done():
            seen |= peers(int(children[0]))
            await asyncio.sleep(0.005)
        await turns
    await pool.close()
    port = int(sim.url.rpartition(":")[2])
    assert seen - {f"0100007F:{port:04X}"} == set()
    assert sink.asked == []


@linux
async def test_the_sink_sees_a_codex_that_is_not_configured_so(
    program: Program, sim: Backend, sink: Sink, tmp_path: Path
) -> None:
    environment = {**os.environ, **sink.proxies, "NO_PROXY": "127.0.0.1"}
    server = await AppServer.start(program, tmp_path, environment)
    await Talk(server, sim, tmp_path).run("hello")
    await wait_until_async(lambda: sink.asked)
    await server.close(5)


async def run_exec(
    program: Program, sim: Backend, folder: Path, text: str, codex: Codex | None = None, **more: Any
) -> list[Step]:
    asked = Asked(
        dialect="chat", model="m", stream=False, input=[{"type": "text", "text": text}], **more
    )
    steps = exec_turn(
        program,
        codex or settings(),
        folder / "home",
        environment={"PATH": os.environ["PATH"]},
        cwd=folder,
        provider=Origin(CALL, authorization="Bearer hidden").provider(f"{sim.url}/v1"),
        asked=asked,
    )
    return [step async for step in steps]


async def test_a_run_of_its_own_runs_a_command_and_answers(
    program: Program, sim: Backend, tmp_path: Path
) -> None:
    look = f"cat {tmp_path}/home/turn-*.toml; env; echo in shell $SHLVL"
    steps = await run_exec(program, sim, tmp_path, f"run: {look}", instructions="be brief")
    end = steps[-1]
    assert isinstance(end, Ended)
    assert end.status == "completed", end
    assert end.usage.output_tokens > 0
    (command,) = [s for s in steps if isinstance(s, Item) and s.kind is Kind.COMMAND]
    assert "in shell 2" in command.text
    assert "hidden" not in command.text


async def test_a_run_of_its_own_obeys_a_schema(
    program: Program, sim: Backend, tmp_path: Path
) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    }
    steps = await run_exec(program, sim, tmp_path, "Where is it?", schema=schema)
    (message,) = [s for s in steps if isinstance(s, Item) and s.kind is Kind.MESSAGE]
    assert isinstance(json.loads(message.text)["city"], str)

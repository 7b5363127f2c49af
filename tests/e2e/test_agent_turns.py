"""Whole turns of the real Codex CLI, run by driftgate: what is told of them, and that nothing is left."""

import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.codex.pool import AgentPool
from driftgate.proxy.agent.codex.program import find
from driftgate.proxy.agent.origin import Origin
from driftgate.proxy.agent.steps import Began, Ended, Item, Kind, Step, Text, Usage
from driftgate.proxy.agent.turns.runner import Runner
from driftgate.proxy.settings.codex import Codex
from tests.support.backends import Backend, Start, start_sim
from tests.support.parts import codex_program
from tests.support.processes import free_port
from tests.support.waiting import wait_until_async

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

ORIGIN = Origin("0190a0a0-0000-7000-8000-000000000001")


@asynccontextmanager
async def agent(folder: Path, url: str, **settings: Any) -> AsyncIterator[tuple[Runner, AgentPool]]:
    """An agent whose model is at this address, and the pool of its processes."""
    named = {"model": "gemma4-sim:v1", "program": str(codex_program()), "processes": 1}
    codex = Codex(**{**named, **settings})
    pool = AgentPool("agent", codex, folder / "home", find(codex))
    runner = Runner(codex, pool, f"{url}/v1", folder / "work")
    try:
        yield runner, pool
    finally:
        await pool.close()
        await runner.close()


def asked(prompt: str, schema: Any = None) -> Asked:
    text = [{"type": "text", "text": prompt}]
    return Asked(dialect="chat", model="agent", stream=True, input=text, schema=schema)


async def run(runner: Runner, prompt: str, schema: Any = None) -> tuple[list[Step], Ended]:
    steps = [step async for step in runner.run(asked(prompt, schema), ORIGIN)]
    assert isinstance(steps[-1], Ended)
    return steps, steps[-1]


def command_of(steps: list[Step]) -> Item:
    return next(step for step in steps if isinstance(step, Item) and step.kind is Kind.COMMAND)


def runs(word: str) -> bool:
    """Whether a process whose command line has this word is there."""
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in each.read_bytes().split(b"\0"):
                return True
        except OSError:
            continue  # it has ended meanwhile
    return False


async def test_a_command_that_the_sandbox_denies_is_told(tmp_path: Path, sim: Backend) -> None:
    async with agent(tmp_path, sim.url) as (runner, _):
        steps, _ = await run(runner, "run: touch made.txt")
        command = command_of(steps)
        assert (command.title, command.exit_code) == ("touch made.txt", 1)
        assert "Read-only file system" in command.text


@pytest.mark.parametrize("sandbox", ["read-only", "workspace-write", "danger-full-access"])
@pytest.mark.parametrize("isolation", ["pool", "process"])
async def test_a_folder_cannot_configure_the_codex_that_works_in_it(
    tmp_path: Path, sim: Backend, sandbox: str, isolation: str
) -> None:
    """What stands in `.codex` would run outside the sandbox."""
    sign, folder = tmp_path / "sign", tmp_path / "named"
    server = f'[mcp_servers.x]\ncommand = "/bin/sh"\nargs = ["-c", "touch {sign}"]\n'
    (folder / ".codex").mkdir(parents=True)
    (folder / ".codex" / "config.toml").write_text(server)
    named = {"directory": "named", "path": folder, "isolation": isolation, "sandbox": sandbox}
    async with agent(tmp_path, sim.url, **named) as (runner, pool):
        await run(runner, "run: touch made; echo told")
        assert (folder / "made").exists() == (sandbox != "read-only")
        assert "trusted" not in (pool.home / "config.toml").read_text()
    assert not sign.exists()


async def test_a_command_runs_in_the_sandbox_and_is_told(tmp_path: Path, sim: Backend) -> None:
    async with agent(tmp_path, sim.url) as (runner, _):
        steps, end = await run(runner, "run: echo out > made.txt; echo told")
        assert end.status == "completed", end.error
        assert end.model_calls == 2
        assert end.usage != Usage()
        command = command_of(steps)
        assert command.title == "echo out > made.txt; echo told"
        assert "told" in command.text
        assert "read-only" in command.text.lower()
        assert "".join(step.text for step in steps if isinstance(step, Text))
        assert list((tmp_path / "work").rglob("*.txt")) == []


async def test_a_turn_in_a_process_of_its_own_is_told_likewise(
    tmp_path: Path, sim: Backend
) -> None:
    async with agent(tmp_path, sim.url, isolation="process") as (runner, pool):
        steps, end = await run(runner, "run: echo told")
        assert end.status == "completed", end.error
        command = command_of(steps)
        assert (command.title, command.exit_code) == ("echo told", 0)
        assert "".join(step.text for step in steps if isinstance(step, Text))
        assert pool.status()["processes"] == []


async def test_an_answer_is_bound_by_a_schema(tmp_path: Path, sim: Backend) -> None:
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    async with agent(tmp_path, sim.url) as (runner, _):
        steps, end = await run(runner, "Give a number", schema)
        assert end.status == "completed", end.error
        said = "".join(step.text for step in steps if isinstance(step, Text))
        assert isinstance(json.loads(said)["n"], int)


async def test_a_client_that_leaves_leaves_no_command(tmp_path: Path, sim: Backend) -> None:
    async with agent(tmp_path, sim.url, sandbox="danger-full-access") as (runner, pool):
        async with aclosing(runner.run(asked("run: sleep 86411"), ORIGIN)) as steps:
            async for step in steps:
                if isinstance(step, Began):
                    await wait_until_async(lambda: runs("86411"), what="the command")
                    break
        await wait_until_async(lambda: not runs("86411"), what="its end")
        assert pool.status()["running"] == 0
        assert (await run(runner, "Hello"))[1].status == "completed"


async def test_a_killed_codex_is_told_and_replaced(tmp_path: Path, sim: Backend) -> None:
    async with agent(tmp_path, sim.url, sandbox="danger-full-access") as (runner, pool):
        steps: list[Step] = []
        async for step in runner.run(asked("run: sleep 86412"), ORIGIN):
            steps.append(step)
            if isinstance(step, Began):
                await wait_until_async(lambda: runs("86412"), what="the command")
                os.kill(pool.status()["processes"][0]["pid"], signal.SIGKILL)
        end = steps[-1]
        assert isinstance(end, Ended)
        assert end.error is not None
        assert end.error.code == "codex_died"
        assert command_of(steps).status == "unfinished"
        assert end.model_calls == 1
        await wait_until_async(lambda: not runs("86412"), what="its end")
        assert (await run(runner, "Hello"))[1].status == "completed"


@pytest.mark.parametrize(
    ("fault", "settings", "code"),
    [
        ("usage_wrong", {"context_window": 1024, "max_compactions": 0}, "turn_loop"),
        ("stall; seconds=600", {"silence_timeout_s": 1}, "turn_timeout"),
        ("status; status=503", {}, "model_failed"),
        ("no_terminal", {}, "model_failed"),
    ],
)
async def test_a_model_server_that_fails_ends_the_turn(
    tmp_path: Path, proc: Start, fault: str, settings: dict[str, Any], code: str
) -> None:
    failing = start_sim(proc, "--fault", f"fault={fault}")
    async with agent(tmp_path, failing.url, **settings) as (runner, _):
        _, end = await run(runner, "run: true")
        assert end.status == "failed"
        assert end.error is not None
        assert end.error.code == code, end.error.message


async def test_a_model_server_that_is_down_ends_the_turn(tmp_path: Path) -> None:
    async with agent(tmp_path, f"http://127.0.0.1:{free_port()}") as (runner, _):
        _, end = await run(runner, "Hello")
        assert end.error is not None
        assert (end.error.code, end.error.status) == ("model_failed", 502)


async def test_a_refused_approval_is_told(tmp_path: Path, sim: Backend) -> None:
    async with agent(tmp_path, sim.url, approval_policy="untrusted") as (runner, _):
        steps, end = await run(runner, "run: touch made.txt")
        assert end.status == "completed", end.error
        approval = next(
            step for step in steps if isinstance(step, Item) and step.kind is Kind.APPROVAL
        )
        assert (approval.title, approval.status) == ("touch made.txt", "declined")
        assert command_of(steps).status == "declined"

"""A real Codex behind `driftgate serve`: turns in the middle of stops, kills and leaving clients."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from driftgate.proxy.running import running
from tests.support.backends import Backend, Served
from tests.support.parts import codex_program
from tests.support.waiting import wait_until_async

CHAT = "/v1/chat/completions"


@pytest.fixture
def agent() -> Mapping[str, str]:
    """Variables that make the upstream `agent`."""
    prefix = "DRIFTGATE_UPSTREAMS__AGENT"
    return {
        f"{prefix}__KIND": "codex",
        f"{prefix}__CODEX__MODEL": "gemma4",
        f"{prefix}__CODEX__PROGRAM": str(codex_program()),
        f"{prefix}__CODEX__SANDBOX": "danger-full-access",  # a container often has no other
    }


def asked(prompt: str, *, stream: bool = False) -> dict[str, Any]:
    return {
        "model": "agent",
        "stream": stream,
        "messages": [{"role": "user", "content": prompt}],
    }


@contextlib.asynccontextmanager
async def asking(served: Served, prompt: str) -> AsyncIterator[aiohttp.ClientResponse]:
    """A streamed turn; leaving it is a client that leaves."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(served.url + CHAT, json=asked(prompt, stream=True)) as answer,
    ):
        yield answer


async def whole(served: Served, prompt: str) -> tuple[int, dict[str, Any]]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(served.url + CHAT, json=asked(prompt)) as answer,
    ):
        return answer.status, await answer.json()


async def status_of(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status


def host(served: Served) -> dict[str, Any]:
    return running(served.history).host or {}


def processes(word: str) -> list[int]:
    """Those whose command line has this word."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if word.encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
async def test_a_turn_that_runs_at_a_stop_still_calls_its_model_and_no_other_begins(
    serve: Callable[..., Served],
    sim: Backend,
    agent: Mapping[str, str],
    workers: str,
    tmp_path: Path,
) -> None:
    served = await asyncio.to_thread(serve, sim.url, "--workers", workers, env=agent)
    go, mark = tmp_path / "go", f"{served.process.pid}.25"
    async with asking(served, f"run: until [ -e {go} ]; do sleep 0.1; done; echo {mark}") as answer:
        assert answer.status == 200
        await answer.content.readuntil(b"$ until")
        os.kill(served.process.pid, signal.SIGTERM)
        async with asyncio.timeout(20):
            while (await status_of(served.url + "/u/default/v1/models")) != 503:
                await asyncio.sleep(0.01)
        assert (await whole(served, "echo: late"))[0] == 503
        go.touch()
        rest = await answer.content.read()
    code = await asyncio.to_thread(served.process.popen.wait, 30)
    assert code == 0
    assert mark.encode() in rest
    assert rest.rstrip().endswith(b"[DONE]")
    (turn,) = served.ask(
        "SELECT outcome, model_calls FROM calls JOIN agent_turns USING (call_id) "
        f"WHERE output_text LIKE '%{mark}%'"
    )
    assert turn == ("completed", 2)


async def test_a_client_that_leaves_ends_its_command_and_the_history_has_the_story(
    serve: Callable[..., Served], sim: Backend, agent: Mapping[str, str]
) -> None:
    served = await asyncio.to_thread(serve, sim.url, env=agent)
    seconds = f"3600.{served.process.pid}"
    async with asking(served, f"run: sleep {seconds}") as answer:
        await answer.content.readuntil(b"$ sleep")
        await wait_until_async(lambda: processes(seconds), what="the command")
    await wait_until_async(lambda: not processes(seconds), what="the command's end")
    await wait_until_async(lambda: not host(served).get("open"), what="the turn's end")
    status, body = await whole(served, "echo: still here")
    ((outcome, turn, error),) = await asyncio.to_thread(
        served.ask_until,
        "SELECT outcome, t.status, t.error_code FROM calls JOIN agent_turns t USING (call_id) "
        "WHERE outcome <> 'completed'",
        1,
    )
    assert (status, body["choices"][0]["message"]["content"]) == (200, "still here")
    assert (outcome, turn, error) == ("client_gone", "interrupted", "client_gone")


@pytest.mark.slow
async def test_a_host_that_is_killed_breaks_its_turns_and_leaves_no_process(
    serve: Callable[..., Served], sim: Backend, agent: Mapping[str, str]
) -> None:
    served = await asyncio.to_thread(serve, sim.url, env=agent)
    seconds = f"3601.{served.process.pid}"
    async with asking(served, f"run: sleep {seconds}") as answer:
        await answer.content.readuntil(b"$ sleep")
        await wait_until_async(lambda: processes(seconds), what="the command")
        before = await asyncio.to_thread(host, served)
        os.kill(before["pid"], signal.SIGKILL)
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.content.read()
    await wait_until_async(lambda: not processes(seconds), 20, what="the command's end")
    codex = [each["pid"] for each in before["agents"]["agent"]["pool"]["processes"]]
    await wait_until_async(lambda: not any(map(_lives, codex)), 20, what="the end of Codex")
    await wait_until_async(lambda: host(served).get("pid"), 20, what="another host")
    status, _ = await whole(served, "echo: back")
    assert status == 200


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.mark.slow
async def test_nothing_outlives_a_proxy_that_is_killed_but_the_story_so_far(
    serve: Callable[..., Served], sim: Backend, agent: Mapping[str, str]
) -> None:
    served = await asyncio.to_thread(serve, sim.url, env=agent)
    seconds = f"3602.{served.process.pid}"
    async with asking(served, f"run: sleep {seconds}") as answer:
        await answer.content.readuntil(b"$ sleep")
        before = await asyncio.to_thread(host, served)
        os.kill(served.process.pid, signal.SIGKILL)
        with pytest.raises(aiohttp.ClientError):
            await answer.content.read()
    await wait_until_async(lambda: not _lives(before["pid"]), 20, what="the host's end")
    await wait_until_async(lambda: not processes(seconds), 20, what="the command's end")
    codex = [each["pid"] for each in before["agents"]["agent"]["pool"]["processes"]]
    await wait_until_async(lambda: not any(map(_lives, codex)), 20, what="the end of Codex")
    story = (
        "SELECT calls.outcome, title, agent_items.status, inner_calls.outcome FROM agent_items "
        "JOIN agent_turns USING (call_id, attempt) JOIN calls USING (call_id) "
        "JOIN calls AS inner_calls ON inner_calls.parent_call_id = calls.call_id "
        "WHERE coalesce(agent_turns.status, 'interrupted') = 'interrupted'"  # if it came to say so
    )
    again = await asyncio.to_thread(serve, sim.url, history=served.history)
    told = await asyncio.to_thread(again.ask_until, story, 1)
    assert told == [("interrupted", f"sleep {seconds}", "in_progress", "completed")]


@pytest.mark.slow
async def test_the_doctor_runs_a_turn_and_the_status_counts_it(
    serve: Callable[..., Served], sim: Backend, agent: Mapping[str, str]
) -> None:
    served = await asyncio.to_thread(serve, sim.url, env=agent)
    said = await asyncio.to_thread(served.command, "doctor", "--json")
    status = await asyncio.to_thread(served.command, "status", "--json")
    findings = json.loads(said.stdout)
    assert [(each["state"], each["what"]) for each in findings if each["check"] == "agent agent"][
        -2:
    ] == [
        ("good", "ready for turns with gemma4 at upstream default"),
        ("good", "a turn answered after 1 model call"),
    ]
    assert json.loads(status.stdout)["host"]["agents"]["agent"]["turns"] == 1

"""All agents behind one socket: found by name, and ended in order."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.agent import failures
from driftgate.proxy.agent.engine import Engine
from driftgate.proxy.agent.steps import Text
from tests.support.agents import Hosted, held, hosted, steps
from tests.support.waiting import wait_until_async

CHAT = "/agent/v1/chat/completions"
ASKED: dict[str, Any] = {
    "model": "agent",
    "stream": True,
    "messages": [{"role": "user", "content": "List it."}],
}


async def stopping(host: Hosted) -> None:
    await wait_until_async(lambda: host.agents.stopping, what="the end to begin")


async def test_an_unknown_agent_is_not_found_and_the_known_ones_are_named(tmp_path: Path) -> None:
    async with hosted(tmp_path) as (host, _):
        for path in ("/nobody/v1/responses", "/", "//", "/%ff%00/x", "/" + "a" * 2000, "/..%2f"):
            status, _, body = await host.ask(path, {})
            assert status == 404
            assert "known are: agent" in json.loads(body)["error"]["message"]


async def test_turns_that_run_may_finish_and_none_may_begin(tmp_path: Path) -> None:
    go = asyncio.Event()
    async with (
        hosted(tmp_path, held(Text("m", "There "), go=go)) as (host, _),
        host.asking(CHAT, ASKED) as answer,
    ):
        await answer.content.readuntil(b"There")
        ending = asyncio.create_task(host.agents.finish(60))
        await stopping(host)
        status, fields, body = await host.ask(CHAT, ASKED)
        go.set()
        rest = await answer.content.read()
        await ending
    assert (status, fields["Retry-After"]) == (503, "1")
    assert "driftgate stops" in json.loads(body)["error"]["message"]
    assert rest.rstrip().endswith(b"[DONE]")


async def test_a_turn_that_takes_too_long_is_cut_off_and_its_client_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with hosted(tmp_path, held(Text("m", "There "), go=asyncio.Event())) as (host, turns):
        async with host.asking(CHAT, ASKED) as answer:
            await answer.content.readuntil(b"There")
            await host.agents.finish(0)
            rest = await answer.content.read()
        (ended,) = host.rows("agent_ends")
    assert b"turn_interrupted" in rest
    assert (ended["status"], ended["error_code"]) == ("interrupted", "turn_interrupted")
    assert turns.left == 1
    assert "1 turns were still running" in caplog.text


async def test_with_nothing_to_wait_for_the_end_is_at_once(tmp_path: Path) -> None:
    async with hosted(tmp_path) as (host, _):
        async with asyncio.timeout(5):
            await host.agents.finish(3600)


async def test_a_fault_of_ours_is_an_answer_without_its_details(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def start() -> Engine:
        raise RuntimeError("secret detail")

    async with hosted(tmp_path, start=start) as (host, _):
        status, _, body = await host.ask(CHAT, ASKED)
    assert status == 500
    assert "secret" not in body.decode()
    assert "secret detail" in caplog.text


async def test_what_is_wrong_with_an_agent_is_said_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def start() -> Engine:
        raise failures.missing("/no/codex")

    async with hosted(tmp_path, start=start) as (host, _):
        await host.agents.warm()
    assert "agent 'agent': the Codex program '/no/codex' is not there" in caplog.text


async def test_its_status_has_every_agent(tmp_path: Path) -> None:
    async with hosted(tmp_path, steps(Text("m", "Hi."))) as (host, _):
        await host.ask(CHAT, ASKED)
        told = await host.agents.answer({"op": "status"})
        other = await host.agents.answer({"op": "drain"})
    assert told["agents"]["agent"]["turns"] == 1
    assert told["open"] == 0
    assert "unknown operation" in other["error"]

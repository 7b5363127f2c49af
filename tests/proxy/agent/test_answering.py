"""What of an answer may be sent when, and what becomes of a client that takes nothing."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.agent import failures
from driftgate.proxy.agent.answering import refused
from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.origin import Origin
from driftgate.proxy.agent.steps import Ended, Step, Text
from tests.support.agents import hosted, steps
from tests.support.waiting import wait_until_async

CHAT = "/agent/v1/chat/completions"
ASKED: dict[str, Any] = {
    "model": "agent",
    "stream": True,
    "messages": [{"role": "user", "content": "List it."}],
}


def test_a_refusal_says_when_to_come_again_where_that_helps() -> None:
    busy = refused(failures.busy(16, 64).error)
    assert (busy.status, busy.headers["Retry-After"]) == (429, "5")
    missing = refused(failures.missing("codex").error)
    assert missing.status == 502
    assert "Retry-After" not in missing.headers
    assert isinstance(missing.body, bytes)
    assert json.loads(missing.body)["error"]["driftgate"]["fault"] == "upstream"


async def test_what_failed_at_once_has_its_status_though_something_was_said(
    tmp_path: Path,
) -> None:
    error = failures.timed_out("turn_timeout_s", 900).error
    turn = steps(Text("m", "There "), ended=Ended("failed", error))
    async with hosted(tmp_path, turn) as (host, _):
        status, _, body = await host.ask(CHAT, ASKED)
    assert status == 504
    assert json.loads(body)["error"]["code"] == "turn_timeout"


async def test_a_client_that_takes_nothing_any_more_loses_its_turn(tmp_path: Path) -> None:
    async def turn(asked: Asked, origin: Origin) -> AsyncGenerator[Step, None]:
        del asked, origin
        while True:
            yield Text("m", "x" * 100_000)

    settings = {"upstreams": _agent(turn_timeout_s=0.1)}
    async with hosted(tmp_path, turn, settings=settings) as (host, turns), host.asking(CHAT, ASKED):
        await wait_until_async(lambda: host.rows("agent_ends"), what="the turn's end")
        assert turns.left == 1
        assert not host.agent.running


def _agent(**codex: Any) -> dict[str, Any]:
    given = {"kind": "codex", "codex": {"model": "gemma4", **codex}}
    return {"default": {"url": "http://127.0.0.1:9"}, "agent": given}


async def test_the_end_is_recorded_before_the_client_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hosted(tmp_path, steps(Text("m", "Hi."))) as (host, _):
        order = list[str]()
        kept = host.agent._keep

        def keep(*told: Any) -> None:
            order.append(str(host.rows("agent_ends")[0]["status"]))
            kept(*told)

        monkeypatch.setattr(host.agent, "_keep", keep)
        async with host.asking(CHAT, ASKED) as answer:
            await answer.content.read()
    assert order == ["completed"]


async def test_the_process_goes_on_behind_all_that(tmp_path: Path) -> None:
    async with hosted(tmp_path, steps(Text("m", "Hi."))) as (host, _):
        answers = await asyncio.gather(*(host.ask(CHAT, ASKED) for _ in range(16)))
    assert [status for status, _, _ in answers] == [200] * 16

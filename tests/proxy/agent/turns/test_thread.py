"""A thread in an app server: how it is begun, that turns in it follow each other, how it ends."""

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.agent.codex.rpc import RpcError
from driftgate.proxy.agent.failures import AgentError, died
from driftgate.proxy.agent.steps import Began, Ended, Step
from driftgate.proxy.agent.turns.thread import Thread
from driftgate.proxy.settings.codex import Codex
from tests.support.app_server_double import AppServerDouble, completed, recorded
from tests.support.waiting import wait_until_async

PROMPT = [{"type": "text", "text": "go"}]
PROVIDER = {"name": "driftgate", "base_url": "http://127.0.0.1:1/v1"}
CODEX = Codex(model="gemma4")


async def opened(server: AppServerDouble, codex: Codex = CODEX, **options: Any) -> Thread:
    return await Thread.open(server, codex, Path("/room"), PROVIDER, **options)  # type: ignore[arg-type]  # a stand-in


async def run(thread: Thread, schema: Any = None) -> list[Step]:
    return [step async for step in thread.run(PROMPT, schema)]


async def test_a_thread_is_begun_as_the_settings_say() -> None:
    server = AppServerDouble()
    codex = Codex(
        model="gemma4",
        sandbox="workspace-write",
        approval_policy="untrusted",
        instructions="agent's",
        base_instructions="base",
    )
    history = [{"type": "message", "role": "user", "content": []}]
    thread = await opened(server, codex, instructions="client's", history=history)
    wanted = server.wanted("thread/start")
    config = wanted.pop("config")
    assert config["model_providers.driftgate"] == PROVIDER
    assert (
        wanted
        == {
            "cwd": "/room",
            "ephemeral": True,
            "approvalPolicy": "untrusted",
            "sandbox": "read-only",  # so that Codex does not trust the folder; the turns have the real one
            "model": "gemma4",
            "modelProvider": "driftgate",
            "baseInstructions": "base",
            "developerInstructions": "agent's\n\nclient's",
            "experimentalRawEvents": True,
        }
    )
    assert server.wanted("thread/inject_items") == {"threadId": "thread-1", "items": history}
    assert thread.thread_id == "thread-1"


async def test_what_is_not_given_is_not_sent() -> None:
    server = AppServerDouble([completed()])
    thread = await opened(server)
    assert not {"baseInstructions", "developerInstructions"} & set(server.wanted("thread/start"))
    await run(thread)
    assert "outputSchema" not in server.wanted("turn/start")
    assert "thread/inject_items" not in server.methods


async def test_an_agents_file_above_a_fresh_directory_is_not_read() -> None:
    server, named = AppServerDouble(), AppServerDouble()
    await opened(server)
    await opened(named, Codex(model="m", directory="named", path=Path("/room")))
    assert server.wanted("thread/start")["config"]["project_root_markers"] == []
    assert "project_root_markers" not in named.wanted("thread/start")["config"]


async def test_turns_of_a_thread_follow_each_other() -> None:
    server = AppServerDouble([], [completed()])
    thread = await opened(server)
    first, second = asyncio.ensure_future(run(thread)), asyncio.ensure_future(run(thread, {}))
    await wait_until_async(lambda: "turn/start" in server.methods)
    assert server.methods.count("turn/start") == 1
    server.send(completed())
    for steps in await asyncio.gather(first, second):
        assert isinstance(steps[-1], Ended)
    assert server.asked[-1][1]["outputSchema"] == {}


async def test_a_thread_whose_turns_ran_commands_stops_them() -> None:
    server = AppServerDouble(recorded("command"))
    thread = await opened(server)
    await run(thread)
    await thread.close()
    await thread.close()
    assert server.methods[-2:] == ["thread/backgroundTerminals/clean", "thread/unsubscribe"]
    assert server.forgotten == ["thread-1"]


async def test_a_thread_without_commands_has_none_to_stop() -> None:
    server = AppServerDouble([completed()])
    thread = await opened(server)
    await run(thread)
    await thread.close()
    assert server.methods[-2:] == ["turn/start", "thread/unsubscribe"]


async def test_who_leaves_early_interrupts_the_turn() -> None:
    server = AppServerDouble(recorded("command")[:-4])
    thread = await opened(server)
    async with aclosing(thread.run(PROMPT)) as steps:
        async for step in steps:
            if isinstance(step, Began):
                break
    assert server.asked[-1] == ("turn/interrupt", {"threadId": "thread-1", "turnId": "turn-1"})
    await thread.close()
    assert "thread/backgroundTerminals/clean" in server.methods


async def test_a_process_that_does_not_answer_is_asked_for_nothing_more() -> None:
    server = AppServerDouble(recorded("command"))
    thread = await opened(server)
    await run(thread)
    server.suspect = True
    await thread.close()
    assert server.methods[-1] == "turn/start"
    assert server.forgotten == ["thread-1"]


async def test_a_thread_that_is_gone_with_its_process_is_closed_all_the_same() -> None:
    server = AppServerDouble()
    thread = await opened(server)
    server.closed = True
    await thread.close()
    assert server.forgotten == ["thread-1"]


@pytest.mark.parametrize(
    ("method", "error", "code"),
    [
        ("thread/start", RpcError(-32600, "Invalid request: unknown variant"), "codex_protocol"),
        ("thread/start", died("0.169.0", "killed"), "codex_died"),
        ("thread/inject_items", RpcError(-32600, "items[0] is no item"), "bad_request"),
        ("thread/inject_items", RpcError(-32600, "Invalid request: x"), "codex_protocol"),
    ],
)
async def test_a_thread_that_cannot_begin_says_why(
    method: str, error: Exception, code: str
) -> None:
    server = AppServerDouble()
    server.answers[method] = error
    with pytest.raises(AgentError) as failure:
        await opened(server, history=[{}])
    assert failure.value.error.code == code
    if method == "thread/inject_items":
        assert server.methods[-1] == "thread/unsubscribe"


async def test_an_answer_without_a_thread_is_another_protocol() -> None:
    server = AppServerDouble()

    async def nothing(_params: dict[str, Any]) -> dict[str, Any]:
        return {}

    server.answers["thread/start"] = nothing
    with pytest.raises(AgentError, match="another protocol"):
        await opened(server)


async def test_a_thread_that_nobody_waits_for_any_more_is_closed() -> None:
    server, go = AppServerDouble(), asyncio.Event()

    async def slow(_params: dict[str, Any]) -> dict[str, Any]:
        await go.wait()
        return {"thread": {"id": "thread-1"}}

    server.answers["thread/start"] = slow
    opening = asyncio.ensure_future(opened(server))
    await wait_until_async(lambda: server.methods == ["thread/start"])
    opening.cancel()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert server.methods[-1] == "thread/unsubscribe"

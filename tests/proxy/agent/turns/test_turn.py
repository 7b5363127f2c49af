"""A turn under way: its limits, its approvals, and all the ways in which it fails."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.agent.codex.rpc import RpcError
from driftgate.proxy.agent.failures import died
from driftgate.proxy.agent.steps import Ended, Item, Kind, Step, Text
from driftgate.proxy.agent.turns.thread import Thread
from driftgate.proxy.settings.codex import Codex
from tests.support.app_server_double import (
    AppServerDouble,
    completed,
    ends,
    items,
    note,
    recorded,
)
from tests.support.waiting import wait_until_async

PROMPT = [{"type": "text", "text": "go"}]
ASKED = {
    "id": 5,
    "method": "item/commandExecution/requestApproval",
    "params": {"threadId": "thread-1", "turnId": "turn-1", "itemId": "c", "command": "rm x"},
}


async def run(server: AppServerDouble, **settings: Any) -> list[Step]:
    codex = Codex(model="gemma4", **settings)
    thread = await Thread.open(server, codex, Path("/room"), {})  # type: ignore[arg-type]  # a stand-in
    return [step async for step in thread.run(PROMPT, {"type": "object"})]


def failure(steps: list[Step]) -> tuple[str, str, int]:
    """How it ended: the code and the message of the error, and the model calls until then."""
    (end,) = ends(steps)
    assert isinstance(steps[-1], Ended)
    assert end.status == "failed"
    assert end.error is not None
    return end.error.code, end.error.message, end.model_calls


async def test_a_turn_is_told_to_its_end() -> None:
    server = AppServerDouble(recorded("command"))
    steps = await run(server)
    assert ends(steps)[0].status == "completed"
    assert server.wanted("turn/start") == {
        "threadId": "thread-1",
        "input": PROMPT,
        "sandboxPolicy": {"type": "readOnly"},
        "outputSchema": {"type": "object"},
    }
    assert "turn/interrupt" not in server.methods


async def test_an_approval_is_answered_and_told() -> None:
    for approvals, decision, status in (
        ("refuse", "decline", "declined"),
        ("accept", "accept", "completed"),
    ):
        server = AppServerDouble([ASKED, completed()])
        (item,) = items(await run(server, approvals=approvals))
        assert server.told == [(5, {"decision": decision})]
        assert (item.kind, item.title, item.status) == (Kind.APPROVAL, "rm x", status)


async def test_a_request_that_is_not_known_is_refused_and_the_turn_goes_on() -> None:
    server = AppServerDouble([{**ASKED, "method": "item/new/thing"}, completed()])
    steps = await run(server)
    assert server.told == [(5, "driftgate does not know the request item/new/thing")]
    assert ends(steps)[0].status == "completed"


async def test_a_turn_that_makes_too_many_model_calls_is_stopped() -> None:
    call = note("rawResponse/completed", usage={"inputTokens": 1})
    server = AppServerDouble([call] * 9)
    code, message, calls = failure(await run(server, max_model_calls=3))
    assert code == "turn_loop"
    assert "max_model_calls" in message
    assert "turn/interrupt" in server.methods
    assert calls == 9  # those that it had made when it heard of it


async def test_a_loop_of_compactions_is_stopped() -> None:
    loop = [
        note("item/started", item={"type": "contextCompaction", "id": str(n)}) for n in range(9)
    ]
    server = AppServerDouble(loop)
    code, message, _ = failure(await run(server, max_compactions=2))
    assert (code, "max_compactions" in message) == ("turn_loop", True)


async def test_a_silent_turn_is_stopped_and_told_so_far() -> None:
    server = AppServerDouble([note("item/agentMessage/delta", itemId="m", delta="half")])
    server.after_stop = [note("rawResponse/completed", usage=None), completed("interrupted")]
    steps = await run(server, silence_timeout_s=0.02)
    code, message, calls = failure(steps)
    assert (code, "silence_timeout_s" in message, calls) == ("turn_timeout", True, 1)
    assert steps[0] == Text("m", "half")
    assert items(steps)[0].status == "unfinished"


async def test_a_slow_client_is_no_silence_of_codex(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("driftgate.proxy.agent.turns.turn._now", lambda: now[0])
    server = AppServerDouble([note("rawResponse/completed", usage=None)])
    codex = Codex(model="gemma4", silence_timeout_s=300, turn_timeout_s=900)
    thread = await Thread.open(server, codex, Path("/room"), {})  # type: ignore[arg-type]  # a stand-in
    steps = thread.run(PROMPT)
    await anext(steps)
    now[0] += 400
    server.send(completed())
    (end,) = [step async for step in steps]
    assert isinstance(end, Ended)
    assert end.status == "completed"


async def test_a_turn_that_takes_too_long_is_stopped_although_it_is_busy() -> None:
    server = AppServerDouble([])
    turn = asyncio.ensure_future(run(server, turn_timeout_s=0.05, silence_timeout_s=60))
    while not turn.done():
        server.send(note("item/commandExecution/outputDelta", itemId="c", delta="."))
        await asyncio.sleep(0)
    code, message, _ = failure(await turn)
    assert (code, "turn_timeout_s" in message) == ("turn_timeout", True)


async def test_a_process_that_dies_in_a_turn_is_told_with_the_story_so_far() -> None:
    server = AppServerDouble([*recorded("interrupted")[:-2], None])
    steps = await run(server)
    code, _, calls = failure(steps)
    assert (code, calls) == ("codex_died", 1)
    assert ends(steps)[0].duration_ms is not None
    assert [item.status for item in items(steps)] == ["completed", "unfinished"]
    assert "turn/interrupt" not in server.methods


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RpcError(-32600, "remote image URLs are not supported"), "bad_request"),
        (RpcError(-32600, "Invalid request: missing field `x`"), "codex_protocol"),
        (RpcError(-32600, "thread not found: thread-1"), "codex_protocol"),
        (died("0.169.0", "killed"), "codex_died"),
    ],
)
async def test_a_turn_that_cannot_begin_says_why(error: Exception, code: str) -> None:
    server = AppServerDouble()
    server.answers["turn/start"] = error
    assert failure(await run(server))[0] == code
    assert "turn/interrupt" not in server.methods


async def test_a_codex_that_does_not_stop_does_not_keep_the_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("driftgate.proxy.agent.turns.turn.STOP_S", 0.02)
    server = AppServerDouble([])

    async def never(_params: dict[str, Any]) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    server.answers["turn/interrupt"] = never
    assert failure(await run(server, silence_timeout_s=0.02))[0] == "turn_timeout"
    assert server.methods[-1] == "turn/interrupt"


async def test_a_turn_may_end_while_it_is_stopped() -> None:
    server = AppServerDouble([])
    server.answers["turn/interrupt"] = RpcError(-32600, "no active turn to interrupt")
    turn = asyncio.ensure_future(run(server, silence_timeout_s=0.02))
    await wait_until_async(lambda: "turn/interrupt" in server.methods)
    server.send(completed())
    assert failure(await turn)[0] == "turn_timeout"


async def test_a_client_that_leaves_while_the_turn_begins_interrupts_it() -> None:
    server, go = AppServerDouble(), asyncio.Event()

    async def slow(_params: dict[str, Any]) -> dict[str, Any]:
        await go.wait()
        return {"turn": {"id": "turn-9"}}

    server.answers["turn/start"] = slow
    turn = asyncio.ensure_future(run(server))
    await wait_until_async(lambda: "turn/start" in server.methods)
    turn.cancel()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await turn
    await wait_until_async(lambda: "turn/interrupt" in server.methods)
    assert server.wanted("turn/interrupt")["turnId"] == "turn-9"


async def test_an_item_of_an_earlier_turn_is_not_told() -> None:
    late = recorded("command")[:-1]
    for each in late:
        each["params"]["turnId"] = "turn-0"
    steps = await run(AppServerDouble([*late, completed()]))
    assert [step for step in steps if isinstance(step, Item)] == []

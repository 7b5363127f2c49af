"""An app server, as driftgate speaks with it; the other side is a scripted one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.agent.codex import app_server, notes, rpc
from driftgate.proxy.agent.codex.app_server import AppServer
from driftgate.proxy.agent.codex.environment import environment
from driftgate.proxy.agent.codex.program import Program
from driftgate.proxy.agent.codex.rpc import RpcError
from driftgate.proxy.agent.failures import AgentError
from tests.support.fake_codex import SAID, fake_codex
from tests.support.processes import alive
from tests.support.waiting import wait_until_async

Json = dict[str, Any]


@contextlib.asynccontextmanager
async def running(folder: Path, **plan: Any) -> AsyncIterator[AppServer]:
    program = Program(str(fake_codex(folder, **plan)), "0.169.0")
    server = await AppServer.start(program, folder, environment())
    try:
        yield server
    finally:
        await server.close(5)


async def refused(folder: Path, limit_s: float = 30, **plan: Any) -> AgentError:
    program = Program(str(fake_codex(folder, **plan)), "0.169.0")
    with pytest.raises(AgentError) as caught:
        await AppServer.start(program, folder, environment(), limit_s)
    return caught.value


async def begin(server: AppServer, text: str, thread: str | None = None) -> str:
    if thread is None:
        thread = (await server.request("thread/start", {}))["thread"]["id"]
    wanted = {"threadId": thread, "input": [{"type": "text", "text": text}]}
    await server.request("turn/start", wanted)
    return thread


async def rest(queue: "asyncio.Queue[Json | None]") -> list[Json]:
    """What a turn says until it is over."""
    found: list[Json] = []
    while (message := await queue.get()) is not None:
        found.append(message)
        if message["method"] == "turn/completed":
            break
    return found


def said(messages: list[Json]) -> str:
    return "".join(m["params"].get("delta", "") for m in messages)


async def test_a_turn_is_told_whole_and_in_order(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        assert server.alive
        assert server.begun == 0
        thread = await begin(server, "say hello")
        messages = await rest(server.listen(thread))
        assert messages[0]["method"] == "turn/started"
        assert said(messages) == "hello"
        assert server.begun == 1
    assert not server.alive


async def test_what_is_said_before_anybody_listens_is_kept(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        thread = await begin(server, "say early")
        await server.request("sync", {})
        assert said(await rest(server.listen(thread))) == "early"


async def test_turns_of_many_threads_do_not_mix(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        threads = await asyncio.gather(*(begin(server, f"say this is {n}") for n in range(20)))
        told = await asyncio.gather(*(rest(server.listen(each)) for each in threads))
    assert [said(messages) for messages in told] == [f"this is {n}" for n in range(20)]


async def test_a_greeting_tells_who_asks_and_what_need_not_be_told(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        sent = (await server.request(SAID, {}))["sent"]
    greeting = sent[0]["params"]
    assert greeting["clientInfo"]["name"] == "driftgate"
    assert greeting["capabilities"]["experimentalApi"] is True
    assert "turn/diff/updated" in greeting["capabilities"]["optOutNotificationMethods"]
    assert sent[1] == {"method": "initialized"}


async def test_the_version_is_the_running_ones(tmp_path: Path) -> None:
    async with running(tmp_path, version="0.175.0") as server:
        assert server.version == "0.175.0"


async def test_it_sees_its_home_and_no_more_than_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    async with running(tmp_path) as server:
        thread = await begin(server, "words")
        text = said(await rest(server.listen(thread)))
    assert f'"CODEX_HOME": "{tmp_path}"' in text
    assert "secret" not in text


async def test_a_refusal_is_told_as_such(tmp_path: Path) -> None:
    async with running(tmp_path, unknown=["thread/start"]) as server:
        with pytest.raises(RpcError, match="unknown variant") as caught:
            await server.request("thread/start", {})
        assert caught.value.code == -32600
        assert server.alive


async def test_what_cannot_be_written_is_refused_here(tmp_path: Path) -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    async with running(tmp_path) as server:
        with pytest.raises(RpcError):
            await server.request("turn/start", {"input": deep})
        assert server.begun == 0


async def test_no_answer_in_time_makes_it_suspect(tmp_path: Path) -> None:
    async with running(tmp_path, silent=["thread/start"]) as server:
        with pytest.raises(AgentError) as caught:
            await server.request("thread/start", {}, timeout_s=0.05)
        assert caught.value.error.code == "codex_died"
        assert caught.value.error.status == 504
        assert "thread/start" in caught.value.error.message
        assert server.suspect
        assert server._asked == {}


async def test_an_answer_that_nobody_waits_for_any_more_is_dropped(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        asking = asyncio.create_task(server.request("thread/start", {}))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait({asking})
        assert await server.request("other", {}) == {}


async def test_garbage_between_the_lines_does_no_harm(tmp_path: Path) -> None:
    garbage = ["", "{", "[1,2]", '"x"', "null", "\x00\x1b[31m", '{"id":99,"result":{}}']
    garbage += ['{"method":"m"}', '{"method":"m","params":[]}', "[" * 5000]
    async with running(tmp_path, garbage=garbage) as server:
        thread = await begin(server, "say so")
        assert said(await rest(server.listen(thread))) == "so"


async def test_a_process_that_dies_is_told_to_all(tmp_path: Path) -> None:
    async with running(tmp_path, silent=["never"]) as server:
        waiting = asyncio.create_task(server.request("never", {}))
        idle = server.listen("idle")
        thread = (await server.request("thread/start", {}))["thread"]["id"]
        queue = server.listen(thread)
        with contextlib.suppress(AgentError):
            await begin(server, "die 7", thread)
        assert (await rest(queue))[-1]["method"] == "turn/started"
        assert await idle.get() is None
        with pytest.raises(AgentError, match="exit code 7") as caught:
            await waiting
        assert caught.value.error.code == "codex_died"
        assert not server.alive
        with pytest.raises(AgentError, match="exit code 7"):
            await server.request("thread/start", {})
        assert await server.listen("late").get() is None
        await server.respond(0, {})
        await server.refuse(0, "no")


async def test_one_that_does_not_start_says_why(tmp_path: Path) -> None:
    error = (await refused(tmp_path, start="dies")).error
    assert error.code == "codex_died"
    assert error.message.startswith("Codex 0.169.0 does not start (exit code 1: Error loading")
    assert "\x1b" not in error.message


async def test_one_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(AgentError) as caught:
        await AppServer.start(Program("/nowhere/codex", "0.169.0"), tmp_path, environment())
    assert caught.value.error.code == "codex_died"


async def test_one_that_refuses_the_greeting_speaks_another_protocol(tmp_path: Path) -> None:
    error = (await refused(tmp_path, unknown=["initialize"])).error
    assert error.code == "codex_protocol"
    assert "initialize" in error.message
    assert "tested with 0.169.0" in error.message


async def test_one_that_does_not_answer_the_greeting_is_ended(tmp_path: Path) -> None:
    error = (await refused(tmp_path, limit_s=0.3, silent=["initialize"])).error
    assert error.code == "codex_protocol"


async def test_a_request_of_codexs_own_is_answered(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        queue = server.listen(await begin(server, "ask"))
        await queue.get()
        request = await queue.get()
        assert request is not None
        assert request["method"] == "item/commandExecution/requestApproval"
        await server.respond(request["id"], {"decision": "decline"})
        assert said(await rest(queue)) == '{"decision": "decline"}'


@pytest.mark.parametrize("heard", [True, False])
async def test_a_request_that_nobody_hears_is_refused(tmp_path: Path, *, heard: bool) -> None:
    async with running(tmp_path) as server:
        thread = (await server.request("thread/start", {}))["thread"]["id"]
        if not heard:
            server.forget(thread)
        await begin(server, "ask", thread)
        await server.request("sync", {})  # what was asked before has come by then
        if heard:
            server.forget(thread)
        await wait_until_async(lambda: not server._background)
        sent = (await server.request(SAID, {}))["sent"]
        assert [each["error"]["code"] for each in sent if "error" in each] == [-32601]


async def test_a_thread_that_is_forgotten_keeps_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        for _ in range(5):
            thread = await begin(server, "say a")
            await rest(server.listen(thread))
            server.forget(thread)
            await begin(server, "say b", thread)
            await server.request("sync", {})
        assert server._heard == {}
        assert set(server._unheard.values()) == {None}


async def test_threads_that_nobody_hears_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_server, "_UNHEARD", 3)
    async with running(tmp_path) as server:
        threads = [await begin(server, "say a") for _ in range(10)]
        await server.request("sync", {})
        assert list(server._unheard) == threads[-3:]


async def test_a_slow_reader_holds_up_nobody_and_loses_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        slow = server.listen(await begin(server, "flood 2000 1000"))
        quick = server.listen(await begin(server, "say quick"))
        assert said(await rest(quick)) == "quick"
        assert slow.qsize() == 3  # begun, one piece, over
        assert said(await rest(slow)) == "x" * 2_000_000


async def test_a_reader_that_is_far_too_slow_loses_its_turn_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "MAX_WAITING", 1 << 20)
    async with running(tmp_path) as server:
        slow = server.listen(await begin(server, "spread 30 100000"))
        quick = server.listen(await begin(server, "say quick"))
        assert said(await rest(quick)) == "quick"
        last = (await rest(slow))[-1]
        assert last["params"]["turn"]["status"] == "failed"
        assert slow.empty()
        sent = (await server.request(SAID, {}))["sent"]
        stopped = [each["params"] for each in sent if each.get("method") == "turn/interrupt"]
        assert [each["turnId"] for each in stopped] == [last["params"]["turnId"]]


async def test_a_line_without_end_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc.Lines, "__init__", _short_lines)
    async with running(tmp_path) as server:
        with contextlib.suppress(AgentError):  # it may be gone before it could answer
            await begin(server, "flood 1 9000")
        await wait_until_async(lambda: not server.alive)


def _short_lines(self: Any) -> None:
    self._limit, self._parts, self._size = 5000, [], 0


async def test_closing_ends_what_turns_have_started(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        thread = await begin(server, "leave")
        left = int(said(await rest(server.listen(thread))))
        assert alive(left)
    assert not alive(left)
    assert not alive(server.pid)


async def test_one_that_does_not_end_is_killed(tmp_path: Path) -> None:
    async with running(tmp_path, stubborn=True) as server:
        await server.close(0.05)
        assert not server.alive
        assert not alive(server.pid)


async def test_a_turn_that_runs_is_told_when_the_process_is_closed(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        queue = server.listen(await begin(server, "hang"))
        await server.close(5)
        assert [await queue.get(), await queue.get()][1] is None

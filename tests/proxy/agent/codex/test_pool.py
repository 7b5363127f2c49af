"""The pool of app servers; each is a scripted one."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.agent.codex.app_server import AppServer
from driftgate.proxy.agent.codex.pool import AgentPool
from driftgate.proxy.agent.codex.program import Program
from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.settings.codex import Codex
from tests.support.fake_codex import fake_codex
from tests.support.processes import alive
from tests.support.waiting import wait_until_async


@contextlib.asynccontextmanager
async def pooled(
    folder: Path, plan: dict[str, Any] | None = None, **settings: Any
) -> AsyncIterator[AgentPool]:
    program = Program(str(fake_codex(folder, **(plan or {}))), "0.169.0")
    codex = Codex(model="m", **settings)
    pool = AgentPool("agent", codex, folder / "home", program)
    try:
        yield pool
    finally:
        await pool.close()


async def turn(pool: AgentPool, text: str = "say hello") -> int:
    """Runs a turn; the process that it ran in."""
    async with pool.server() as server:
        await run(server, text)
        return server.pid


async def run(server: AppServer, text: str) -> None:
    thread = (await server.request("thread/start", {}))["thread"]["id"]
    queue = server.listen(thread)
    wanted = {"threadId": thread, "input": [{"type": "text", "text": text}]}
    await server.request("turn/start", wanted)
    while (message := await queue.get()) is not None and message["method"] != "turn/completed":
        continue
    server.forget(thread)


def pids(pool: AgentPool) -> list[int]:
    return [each["pid"] for each in pool.status()["processes"]]


async def test_nothing_is_started_before_it_is_needed(tmp_path: Path) -> None:
    async with pooled(tmp_path) as pool:
        assert pids(pool) == []
        assert not (tmp_path / "home").exists()


async def test_a_process_is_used_again(tmp_path: Path) -> None:
    async with pooled(tmp_path) as pool:
        await pool.warm()
        assert {await turn(pool) for _ in range(5)} == {*pids(pool)}
        status = pool.status()
        assert status["turns"] == 5
        assert status["started"] == 1
        assert status["processes"][0]["turns_begun"] == 5
        assert status["processes"][0]["version"] == "0.169.0"
    assert not any(map(alive, pids(pool)))


async def test_the_home_is_prepared_for_the_process(tmp_path: Path) -> None:
    async with pooled(tmp_path) as pool:
        await pool.warm()
        assert 'model = "m"' in (tmp_path / "home" / "config.toml").read_text()


async def test_many_at_once_start_one_process_and_a_second_behind_it(tmp_path: Path) -> None:
    async with pooled(tmp_path) as pool, AsyncExitStack() as stack:
        leases = [stack.enter_async_context(pool.server()) for _ in range(1)]
        servers = [await lease for lease in leases]
        servers.append(await stack.enter_async_context(pool.server()))
        await wait_until_async(lambda: len(pids(pool)) == 2)
        servers += [await stack.enter_async_context(pool.server()) for _ in range(4)]
        loads = sorted(each["turns"] for each in pool.status()["processes"])
        assert loads == [3, 3]
        assert pool.status()["started"] == 2


async def test_those_who_come_while_one_starts_wait_for_that_one(tmp_path: Path) -> None:
    async with pooled(tmp_path, processes=1) as pool:
        await asyncio.gather(*(turn(pool) for _ in range(8)))
        assert pool.status()["started"] == 1


async def test_more_turns_than_may_run_wait_in_order(tmp_path: Path) -> None:
    async with pooled(tmp_path, turns_at_once=1) as pool:
        order: list[int] = []

        async def wait(number: int) -> None:
            async with pool.slot():
                order.append(number)

        async with pool.slot():
            waiting = [asyncio.create_task(wait(number)) for number in range(3)]
            await wait_until_async(lambda: pool.status()["waiting"] == 3)
            assert order == []
        await asyncio.gather(*waiting)
        assert order == [0, 1, 2]
        assert pool.status()["running"] == 0


async def test_more_than_may_wait_are_refused(tmp_path: Path) -> None:
    async with pooled(tmp_path, turns_at_once=1, waiting=0) as pool, pool.slot():
        with pytest.raises(AgentError) as caught:
            await turn(pool)
        assert caught.value.error.code == "agent_busy"
        assert caught.value.error.status == 429
        assert pool.status()["refused"] == 1


async def test_one_that_leaves_while_it_waits_takes_no_place(tmp_path: Path) -> None:
    async with pooled(tmp_path, turns_at_once=1) as pool:
        async with pool.slot():
            waiting = asyncio.create_task(turn(pool))
            await wait_until_async(lambda: pool.status()["waiting"] == 1)
            waiting.cancel()
            await asyncio.wait({waiting})
            assert pool.status()["waiting"] == 0
        assert pool.status()["running"] == 0


async def test_one_that_leaves_in_the_moment_it_is_let_in_gives_its_place_back(
    tmp_path: Path,
) -> None:
    async with pooled(tmp_path, turns_at_once=1) as pool:
        async with pool.slot():
            waiting = asyncio.create_task(turn(pool))
            await wait_until_async(lambda: pool.status()["waiting"] == 1)
        waiting.cancel()  # let in, and not run yet
        await asyncio.wait({waiting})
        assert pool.status()["running"] == 0
        async with pool.slot():
            assert pool.status()["running"] == 1


async def test_a_process_that_died_is_replaced(tmp_path: Path) -> None:
    async with pooled(tmp_path, processes=1) as pool:
        first = await turn(pool)
        os.kill(first, signal.SIGKILL)
        server = pool._members[0].server
        await wait_until_async(lambda: not server.alive)
        assert await turn(pool) != first
        assert pool.status()["died"] == 1


async def test_a_turn_that_kills_its_process_hurts_no_later_one(tmp_path: Path) -> None:
    async with pooled(tmp_path, processes=1) as pool:
        for _ in range(3):
            with contextlib.suppress(AgentError):
                await turn(pool, "die")
            await turn(pool)


async def test_a_process_is_replaced_after_so_many_turns(tmp_path: Path) -> None:
    async with pooled(tmp_path, processes=1, turns_per_process=3) as pool:
        used = []
        for _ in range(9):
            used.append(await turn(pool))
            await wait_until_async(lambda: not pool._chores)
        assert [used.count(pid) for pid in dict.fromkeys(used)] == [3, 3, 3]
        assert pool.status()["replaced"] == 3
        assert not any(alive(pid) for pid in used if pid not in pids(pool))


async def test_a_process_that_has_grown_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pooled(tmp_path, processes=1, process_memory_mb=100) as pool:
        first = await turn(pool)
        monkeypatch.setattr(pool._members[0].server, "memory_bytes", lambda: 100_000_000)
        assert await turn(pool) == first
        await wait_until_async(lambda: not pool._chores)
        assert await turn(pool) != first
        assert not alive(first)


async def test_a_process_that_left_a_request_without_answer_is_not_used_again(
    tmp_path: Path,
) -> None:
    async with pooled(tmp_path, {"silent": ["never"]}, processes=1) as pool:
        async with pool.server() as server:
            with pytest.raises(AgentError):
                await server.request("never", {}, timeout_s=0.01)
        assert await turn(pool) != server.pid


async def test_turns_of_an_old_process_end_in_peace(tmp_path: Path) -> None:
    async with pooled(tmp_path, processes=1, turns_per_process=1) as pool:
        async with pool.server() as server:
            await turn(pool)  # wears it out
            await wait_until_async(lambda: pool.status()["started"] == 2)
            assert await turn(pool) != server.pid
            assert server.alive
            await run(server, "say still here")
        await wait_until_async(lambda: not alive(server.pid))


async def test_a_process_goes_on_where_no_other_can_be_started(tmp_path: Path) -> None:
    async with pooled(tmp_path, processes=1, turns_per_process=1) as pool:
        first = await turn(pool)
        await wait_until_async(lambda: not pool._chores)
        pool.program = Program("/nowhere/codex", "0.169.0")
        second = await turn(pool)
        await wait_until_async(lambda: not pool._chores)
        assert await turn(pool) == second != first


async def test_one_that_does_not_start_fails_the_turn_and_is_tried_again(tmp_path: Path) -> None:
    async with pooled(tmp_path, {"start": "dies"}) as pool:
        told = await asyncio.gather(*(turn(pool) for _ in range(3)), return_exceptions=True)
        assert {each.error.code for each in told if isinstance(each, AgentError)} == {"codex_died"}
        assert pool.status()["running"] == 0
        fake_codex(tmp_path)
        await turn(pool)


async def test_a_pool_that_is_closed_lets_nobody_in(tmp_path: Path) -> None:
    async with pooled(tmp_path, turns_at_once=1) as pool:
        async with pool.server() as server:
            waiting = asyncio.create_task(turn(pool))
            await wait_until_async(lambda: pool.status()["waiting"] == 1)
            await pool.close()
            with pytest.raises(AgentError) as caught:
                await waiting
            assert caught.value.error.code == "turn_interrupted"
            assert not server.alive
        with pytest.raises(AgentError):
            await turn(pool)
        with pytest.raises(AgentError):
            await pool.warm()
        assert pids(pool) == []


async def test_a_pool_that_is_closed_while_one_starts_leaves_nothing(tmp_path: Path) -> None:
    async with pooled(tmp_path) as pool:
        waiting = asyncio.create_task(turn(pool))
        await wait_until_async(lambda: pool._starting is not None)
        await pool.close()
        await asyncio.wait({waiting})
        assert isinstance(waiting.exception(), AgentError)
        assert pool._members == []

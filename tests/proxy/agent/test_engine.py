"""What runs turns is started once, and again as long as it cannot be."""

import asyncio

import pytest

from driftgate.proxy.agent import failures
from driftgate.proxy.agent.engine import Engine, Starter
from driftgate.proxy.agent.failures import AgentError
from tests.support.agents import Turns, steps

closed = list[str]()


def engine(name: str) -> Engine:
    async def close() -> None:
        closed.append(name)

    return Engine(Turns(steps()), name, dict, close)


async def test_it_is_started_once_for_all_who_ask_at_a_time() -> None:
    started = list[str]()

    async def start() -> Engine:
        started.append("x")
        await asyncio.sleep(0)
        return engine("0.169.0")

    starter = Starter(start)
    found = await asyncio.gather(*(starter.ready() for _ in range(5)))
    assert started == ["x"]
    assert len({id(each) for each in found}) == 1
    await starter.close()
    assert closed.pop() == "0.169.0"


async def test_where_that_fails_everybody_is_told_why_and_it_is_tried_again() -> None:
    here = False

    async def start() -> Engine:
        if not here:
            raise failures.missing("codex")
        return engine("0.169.0")

    starter = Starter(start)
    for _ in range(2):
        with pytest.raises(AgentError, match="is not there"):
            await starter.ready()
    assert starter.error is not None
    here = True
    assert (await starter.ready()).version == "0.169.0"
    assert starter.error is None


async def test_who_leaves_while_it_starts_spoils_it_for_nobody() -> None:
    go, started = asyncio.Event(), list[str]()

    async def start() -> Engine:
        started.append("x")
        await go.wait()
        return engine("0.169.0")

    starter = Starter(start)
    leaves, stays = (asyncio.create_task(starter.ready()) for _ in range(2))
    while not started:
        await asyncio.sleep(0)
    leaves.cancel()
    go.set()
    assert (await stays).version == "0.169.0"
    assert (await starter.ready()) is starter.engine
    assert started == ["x"]
    assert leaves.cancelled()


async def test_a_start_that_is_under_way_is_given_up_at_the_end() -> None:
    given_up = asyncio.Event()

    async def start() -> Engine:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        raise AssertionError

    starter = Starter(start)
    waits = asyncio.create_task(starter.ready())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await starter.close()
    assert given_up.is_set()
    with pytest.raises(asyncio.CancelledError):
        await waits


async def test_what_was_never_started_is_closed_too() -> None:
    async def start() -> Engine:
        raise failures.missing("codex")

    await Starter(start).close()

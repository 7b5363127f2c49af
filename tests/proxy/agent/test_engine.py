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


async def test_what_was_never_started_is_closed_too() -> None:
    async def start() -> Engine:
        raise failures.missing("codex")

    await Starter(start).close()

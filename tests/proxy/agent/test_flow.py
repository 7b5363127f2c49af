"""The steps of a turn for a reader of its own pace; there is always an end."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from driftgate.proxy.agent import failures
from driftgate.proxy.agent.flow import DEPTH, Flow
from driftgate.proxy.agent.steps import Ended, ModelCall, Step, Text, Usage
from driftgate.proxy.errors import Fault

DONE = Ended("completed", None, Usage(9, 0, 5, 0), 1)


async def all_of(flow: Flow) -> list[Step]:
    """Everything up to the end."""
    found: list[Step] = []
    while not (found and isinstance(found[-1], Ended)):
        found += await flow.next(10)
    await flow.close()
    return found


async def test_every_step_comes_and_what_waits_comes_at_once() -> None:
    async def turn() -> AsyncGenerator[Step, None]:
        yield Text("a", "1")
        yield Text("a", "2")
        yield DONE

    flow = Flow(turn())
    await asyncio.sleep(0)
    assert await flow.next(10) == [Text("a", "1"), Text("a", "2"), DONE]
    await flow.close()


async def test_silence_is_no_end() -> None:
    go = asyncio.Event()

    async def turn() -> AsyncGenerator[Step, None]:
        await go.wait()
        yield DONE

    flow = Flow(turn())
    assert await flow.next(0.01) == []
    go.set()
    assert await all_of(flow) == [DONE]


async def test_a_slow_reader_holds_up_the_turn_and_not_the_memory() -> None:
    made = 0

    async def turn() -> AsyncGenerator[Step, None]:
        nonlocal made
        for made in range(1, 1001):  # noqa: B007 - looked at outside
            yield Text("a", "x")
        yield DONE

    flow = Flow(turn())
    for _ in range(5000):
        await asyncio.sleep(0)
    assert made <= DEPTH + 1
    assert len(await all_of(flow)) == 1001


async def test_a_turn_that_is_cut_ends_with_the_reason_and_what_it_had_used() -> None:
    left = asyncio.Event()

    async def turn() -> AsyncGenerator[Step, None]:
        try:
            yield ModelCall(Usage(9, 4, 5, 1))
            await asyncio.Event().wait()
        finally:
            left.set()

    flow = Flow(turn())
    assert await flow.next(10) == [ModelCall(Usage(9, 4, 5, 1))]
    why = failures.interrupted("driftgate stops").error
    flow.cut(why)
    assert await all_of(flow) == [Ended("interrupted", why, Usage(9, 4, 5, 1), 1)]
    assert left.is_set()


async def test_a_turn_that_is_left_is_interrupted_before_close_returns() -> None:
    left = asyncio.Event()

    async def turn() -> AsyncGenerator[Step, None]:
        try:
            yield Text("a", "x")
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            left.set()

    flow = Flow(turn())
    await flow.next(10)
    await flow.close()
    assert left.is_set()


async def test_a_fault_of_ours_is_an_end_too(caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> AsyncGenerator[Step, None]:
        yield Text("a", "x")
        raise RuntimeError("secret detail")

    async def endless() -> AsyncGenerator[Step, None]:
        yield Text("a", "x")

    for turn in (broken, endless):
        *_, ended = await all_of(Flow(turn()))
        assert isinstance(ended, Ended)
        assert ended.error is not None
        assert (ended.status, ended.error.fault, ended.error.status) == (
            "failed",
            Fault.DRIFTGATE,
            500,
        )
        assert "secret" not in ended.error.message
    assert "secret detail" in caplog.text

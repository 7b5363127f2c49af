"""Work that is done although nobody waits for it any more."""

import asyncio

import pytest

from driftgate.proxy.agent.turns.surely import surely
from tests.support.waiting import wait_until_async


async def test_a_cancelled_caller_does_not_stop_the_work() -> None:
    go, done = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await go.wait()
        done.set()

    caller = asyncio.ensure_future(surely(work()))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go.set()
    await wait_until_async(done.is_set, what="the work")


async def test_its_failure_is_the_callers() -> None:
    async def work() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await surely(work())

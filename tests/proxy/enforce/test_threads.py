"""Judging has threads of its own."""

import asyncio
import threading

import pytest

from driftgate.proxy.enforce.threads import THREADS, in_thread


async def test_a_function_runs_there_with_its_arguments() -> None:
    def name(prefix: str, *, suffix: str) -> str:
        return prefix + threading.current_thread().name + suffix

    assert (await in_thread(name, "<", suffix=">")).startswith("<judge")


async def test_what_it_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        await in_thread(int, "x")


async def test_many_that_take_long_hold_up_nobody_else() -> None:
    go = threading.Event()
    slow = [asyncio.create_task(in_thread(go.wait, 20)) for _ in range(THREADS + 40)]
    await asyncio.sleep(0)
    try:
        assert await asyncio.wait_for(asyncio.to_thread(int, "7"), 10) == 7
    finally:
        go.set()
    assert all(await asyncio.gather(*slow))


async def test_no_more_of_them_run_at_a_time() -> None:
    go, running = threading.Event(), threading.Semaphore(THREADS)

    def run() -> bool:
        free = running.acquire(blocking=False)
        go.wait(20)
        running.release()
        return free

    all_of_them = asyncio.gather(*(in_thread(run) for _ in range(3 * THREADS)))
    await asyncio.sleep(0)
    go.set()
    assert all(await all_of_them)

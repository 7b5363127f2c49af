"""Signals and messages of the proxy's processes."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from driftgate.proxy.loop import ignore_hangup, on_hangup, on_signals, run_loop


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    numbers = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_stop_is_heard(number: signal.Signals) -> None:
    async def main() -> str:
        stop = asyncio.Event()
        on_signals(stop.set)
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stop.wait(), 10)
        return "stopped"

    assert run_loop(main()) == "stopped"


def test_a_hangup_reloads_once_there_is_something_to_reload() -> None:
    async def main() -> None:
        os.kill(os.getpid(), signal.SIGHUP)  # too early, and does no harm
        reload = asyncio.Event()
        on_hangup(reload.set)
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.wait_for(reload.wait(), 10)

    ignore_hangup()
    run_loop(main())

"""Ctrl-C while a run runs."""

import asyncio
import os
import signal
import threading

import pytest

from driftgate.replay.run.interrupt import Terminated, on_interrupt, on_terminate


async def test_each_signal_is_told_and_afterwards_none_is() -> None:
    heard: list[int] = []
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with on_interrupt(lambda: heard.append(1)) as signals:
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
            async with asyncio.timeout(5):
                while len(heard) < (1 if number == signal.SIGINT else 2):
                    await asyncio.sleep(0)
            assert signals.terminated is (number == signal.SIGTERM)
    assert len(heard) == 2
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_sigterm_is_raised_where_that_is_wanted() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Terminated), on_terminate():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_in_another_thread_nothing_is_caught_and_nothing_fails() -> None:
    failed: list[BaseException] = []

    async def run() -> None:
        with on_terminate(), on_interrupt(lambda: None):
            await asyncio.sleep(0)

    def thread() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)

    other = threading.Thread(target=thread)
    other.start()
    other.join()
    assert failed == []

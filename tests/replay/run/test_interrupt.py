"""Ctrl-C while a run runs."""

import asyncio
import os
import signal
import threading

from driftgate.replay.run.interrupt import on_interrupt


async def test_each_signal_is_told_and_afterwards_none_is() -> None:
    heard: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    with on_interrupt(lambda: heard.append(1)):
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
            async with asyncio.timeout(5):
                while len(heard) < (1 if number == signal.SIGINT else 2):
                    await asyncio.sleep(0)
    assert len(heard) == 2
    signal.signal(signal.SIGINT, before)


def test_in_another_thread_nothing_is_caught_and_nothing_fails() -> None:
    failed: list[BaseException] = []

    async def run() -> None:
        with on_interrupt(lambda: None):
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

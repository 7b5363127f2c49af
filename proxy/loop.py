"""The loop that a process of the proxy runs in, and the signals that it hears."""

import asyncio
import signal
from typing import Any


def run_loop(main: Any) -> Any:
    """Runs a coroutine under uvloop where it is installed, under asyncio elsewhere."""
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def on_signals(stop: Any) -> None:
    """Calls `stop` on SIGTERM and SIGINT."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


def on_hangup(reload: Any) -> None:
    """Calls `reload` on SIGHUP."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)


def ignore_hangup() -> None:
    """Until there is a handler, SIGHUP would end the process: a reload that comes early is needless."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

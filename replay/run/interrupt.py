"""Ctrl-C and SIGTERM while a run runs: they end it in good order."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def on_interrupt(interrupted: Callable[[], None]) -> Iterator[None]:
    """Calls `interrupted` for each such signal while the block runs.

    In another thread than the main one signals do not come, and it does nothing.
    """
    loop = asyncio.get_running_loop()
    caught = []
    for number in _SIGNALS:
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
            loop.add_signal_handler(number, interrupted)
            caught.append(number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)

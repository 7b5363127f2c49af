"""Ctrl-C and SIGTERM: they end what runs in good order."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Terminated(KeyboardInterrupt):
    """SIGTERM, where `on_terminate` is in force."""


@dataclass(slots=True)
class Signals:
    """Which signals came. terminated: SIGTERM was among them."""

    terminated: bool = False


@contextlib.contextmanager
def on_interrupt(interrupted: Callable[[], None]) -> Iterator[Signals]:
    """Calls `interrupted` for each such signal while the block runs; then all is as it was before.

    In another thread than the main one signals do not come, and it does nothing.
    """
    loop, signals = asyncio.get_running_loop(), Signals()

    def came(number: signal.Signals) -> None:
        signals.terminated |= number == signal.SIGTERM
        interrupted()

    caught = []
    for number in _SIGNALS:
        before = signal.getsignal(number)
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
            loop.add_signal_handler(number, came, number)
            caught.append((number, before))
    try:
        yield signals
    finally:
        for number, before in caught:
            loop.remove_signal_handler(number)
            signal.signal(number, before)


@contextlib.contextmanager
def on_terminate() -> Iterator[None]:
    """SIGTERM raises `Terminated` while the block runs, as Ctrl-C raises KeyboardInterrupt.

    In another thread than the main one it does nothing.
    """

    def terminate(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    try:
        before = signal.signal(signal.SIGTERM, terminate)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

"""Waiting for a condition instead of for a fixed time."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

_PAUSE_S = 0.02  # short beside any real event, long enough to cost no CPU


def wait_until(
    predicate: Callable[[], Value], timeout_s: float = 10.0, *, what: str = "a condition"
) -> Value:
    """The predicate's first true value.

    Raises:
        TimeoutError: it stayed false; names `what` and the last value.
    """
    deadline = time.monotonic() + timeout_s
    while not (value := predicate()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_s:g} s for {what}; last value: {value!r}")
        time.sleep(_PAUSE_S)
    return value


async def wait_until_async(
    predicate: Callable[[], Value], timeout_s: float = 10.0, *, what: str = "a condition"
) -> Value:
    """Like `wait_until`, and lets other tasks of the loop run meanwhile."""
    deadline = time.monotonic() + timeout_s
    while not (value := predicate()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_s:g} s for {what}; last value: {value!r}")
        await asyncio.sleep(_PAUSE_S)
    return value

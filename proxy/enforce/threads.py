"""Threads of their own for judging: slow patterns must not hold up the recording of other calls."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

THREADS = 4  # judging holds the interpreter's lock, but where patterns are searched

P = ParamSpec("P")
Given = TypeVar("Given")


async def in_thread(
    function: Callable[P, Given], /, *arguments: P.args, **named: P.kwargs
) -> Given:
    """What the function gives or raises; waits for a thread while all of them are taken."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads(), partial(function, *arguments, **named))


@lru_cache(1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, "judge")

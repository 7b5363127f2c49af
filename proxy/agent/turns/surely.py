"""Work that must be done although the one who waits for it is cancelled: stopping, cleaning up."""

import asyncio
from collections.abc import Coroutine
from typing import Any

_UNDER_WAY: set["asyncio.Task[Any]"] = set()  # the loop itself keeps no task alive


async def surely(work: Coroutine[Any, Any, None]) -> None:
    """Do it; where the caller is cancelled meanwhile, it is done all the same, behind its back."""
    task = asyncio.ensure_future(work)
    _UNDER_WAY.add(task)
    task.add_done_callback(_UNDER_WAY.discard)
    await asyncio.shield(task)

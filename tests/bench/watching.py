"""Somebody who has the dashboard open: the live page's events, and the overview every few seconds."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

import aiohttp

BASE = "/_driftgate"
OVERVIEW_S = 3.0  # between two looks
_BEGUN_S = 30.0


class Watching:
    """What was seen. events: of the live page. looks: at the overview. problem: why it ended early."""

    def __init__(self) -> None:
        self.events = self.looks = 0
        self.problem = ""


@contextlib.contextmanager
def watching(url: str) -> Iterator[Watching]:
    """The dashboard of that server is open while the block runs.

    Raises:
        RuntimeError: it is not there, or was not to the end.
    """
    seen, begun, over = Watching(), threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_watch(url, seen, begun, over)))
    thread.start()
    try:
        if not begun.wait(_BEGUN_S):
            seen.problem = "it does not answer"
        yield seen
    finally:
        over.set()
        thread.join()
    if seen.problem:
        raise RuntimeError(f"the dashboard at {url}: {seen.problem}")


async def _watch(url: str, seen: Watching, begun: threading.Event, over: threading.Event) -> None:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
        tasks = [
            asyncio.create_task(_live(session, url, seen, begun)),
            asyncio.create_task(_overview(session, url, seen)),
        ]
        while not over.is_set() and not any(task.done() for task in tasks):
            await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        for found in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(found, Exception):
                seen.problem = str(found) or repr(found)
        begun.set()


async def _live(
    session: aiohttp.ClientSession, url: str, seen: Watching, begun: threading.Event
) -> None:
    async with session.get(f"{url}{BASE}/live/events", raise_for_status=True) as answer:
        begun.set()
        async for line in answer.content:
            seen.events += line.startswith(b"event:")
    raise ConnectionError("its events ended")


async def _overview(session: aiohttp.ClientSession, url: str, seen: Watching) -> None:
    while True:
        async with session.get(f"{url}{BASE}/overview", raise_for_status=True) as answer:
            await answer.read()
        seen.looks += 1
        await asyncio.sleep(OVERVIEW_S)

"""The simulated server inside a program's own process: for tests in Python.

with running(SimSettings(seed=1)) as sim:
client = OpenAI(base_url=f"{sim.url}/v1", api_key="none")
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from driftgate.sim.engine import Engine, SimSettings
from driftgate.sim.server import listening, start, url_of


@dataclass(frozen=True, slots=True)
class RunningSim:
    """A simulated server that runs. engine: change its faults, model and pace through it."""

    url: str
    engine: Engine


@contextmanager
def running(
    settings: SimSettings | None = None, listen: str = "127.0.0.1:0"
) -> Iterator[RunningSim]:
    """A simulated server in a thread of its own, until the block ends."""
    engine = Engine(settings or SimSettings())
    bound = listening(listen)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="driftgate-sim", daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(start(engine, bound), loop).result()
    try:
        yield RunningSim(url_of(bound), engine)
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

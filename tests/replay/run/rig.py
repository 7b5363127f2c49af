"""Two servers, a history with calls, and what runs those against the servers, for tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftgate.contracts.load import load
from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.upstream.connection import Pool
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.run.driver import Driver
from driftgate.replay.run.lanes import Course
from driftgate.replay.run.order import blocks
from driftgate.replay.run.reading import Reading
from driftgate.replay.run.recording import Recording
from driftgate.replay.run.send import Sender
from driftgate.replay.run.targets import Side, side
from tests.replay.run.made import Made, asked, says
from tests.support.scripted import Scripted, always

RUN = text_id(new_id(1))
CONTRACTS = load(None)


@dataclass
class Rig:
    """A history with calls, two servers, and a driver for them."""

    made: Made
    baseline: Scripted
    candidate: Scripted
    recording: Recording
    ids: list[str]

    def sides(self, **more: Any) -> dict[Arm, Side]:
        pools = dict[str, Pool]()
        servers = ((Arm.BASELINE, self.baseline), (Arm.CANDIDATE, self.candidate))
        return {
            arm: side(arm, Configuration(upstream=server.url, **more), {}, pools)
            for arm, server in servers
        }

    def senders(self) -> dict[Arm, Sender]:
        arms = (Arm.BASELINE, Arm.CANDIDATE)
        return {arm: Sender(RUN, self.recording.of(arm.value), CONTRACTS) for arm in arms}

    def driver(
        self, *, concurrency: int = 2, more: Mapping[str, Any] | None = None, **options: Any
    ) -> Driver:
        sides = self.sides(**{"retries": 0, **(more or {})})
        reading = Reading(self.made.path, sides)
        return Driver(reading, sides, self.senders(), concurrency=concurrency, **options)

    async def run(self, driver: Driver, k: int = 2) -> Course:
        async with asyncio.timeout(20), self.recording.running():
            return await driver.run(blocks(self.ids, k, 7))

    def replays(self, columns: str) -> list[tuple[Any, ...]]:
        self.made.drain()
        return self.made.ask(f"SELECT {columns} FROM replays ORDER BY ALL")


@contextlib.asynccontextmanager
async def rig(folder: Path, calls: int = 3) -> AsyncIterator[Rig]:
    """The baseline says ho, the candidate hum."""
    made = Made(folder)
    ids = [made.call(asked(number)) for number in range(calls)]
    made.drain()
    recording = Recording(made.settings, {"baseline": CONTRACTS, "candidate": CONTRACTS})
    servers = Scripted(always(says("ho"))), Scripted(always(says("hum")))
    async with servers[0].running() as baseline, servers[1].running() as candidate:
        yield Rig(made, baseline, candidate, recording, ids)
    recording.close()

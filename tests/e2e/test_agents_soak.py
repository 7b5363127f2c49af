"""500 turns of a real Codex: memory stays bounded, and no file, process or socket is left of them."""

import asyncio
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from driftgate.proxy.running import running
from tests.support.backends import Backend, Served, agent_variables
from tests.support.leaving import descendants
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(sys.platform != "linux", reason="platform: needs /proc"),
]

WARM_UP, TURNS, AT_ONCE, PROCESSES, TURNS_OF_ONE = 60, 500, 6, 2, 120
# What answers are kept of for previous_response_id is bounded, and fills up meanwhile.
GROWTH_MB = 12
CODEX_MB = 190  # of a process; a thread that stayed in memory would cost it 1.4 MB a turn
FILES = 3  # a segment of the journal or two, a file of DuckDB's


@dataclass(frozen=True)
class Held:
    """What the host and its Codex processes hold, and what lies on the disk."""

    host_mb: float
    codex_mb: float
    descriptors: int
    processes: int
    paths: int


def host(served: Served) -> dict[str, Any]:
    return running(served.history).host or {}


def pool(served: Served) -> dict[str, Any]:
    told: dict[str, Any] = (host(served).get("agents") or {}).get("agent", {}).get("pool") or {}
    return told


def is_quiet(served: Served) -> bool:
    """Whether no turn runs, and none of the processes is on its way out."""
    processes = pool(served).get("processes") or []
    settled = len(processes) == PROCESSES and not any(each["draining"] for each in processes)
    return settled and pool(served)["running"] == 0


def held(served: Served) -> Held:
    wait_until(lambda: is_quiet(served), 30, what="the pool to settle")
    pid, processes = host(served)["pid"], pool(served)["processes"]
    # each has its guardian, which is the process that the host has started
    wait_until(lambda: len(set(descendants(pid))) == 2 * PROCESSES, 30, what="no other process")
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found is not None
    return Held(
        host_mb=int(found[1]) / 1024,
        codex_mb=max(each["memory_mb"] for each in processes),
        descriptors=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        processes=len(set(descendants(served.process.pid))),
        paths=len(list(served.history.parent.rglob("*"))),
    )


async def turns(served: Served, count: int) -> list[str]:
    """What they said, so many of them, several at once."""
    numbers, told = iter(range(count)), []

    async def client(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            # of ten, one runs a command: that costs three times as much
            prompt = f"run: echo {number}" if number % 10 == 0 else f"echo: {number}"
            body = {"model": "agent", "input": prompt, "stream": bool(number % 2)}
            async with session.post(f"{served.url}/v1/responses", json=body) as answer:
                told.append(f"{answer.status} {'completed' in (await answer.text())}")

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(client(session) for _ in range(AT_ONCE)))
    return told


def test_500_turns_leave_nothing_behind(serve: Callable[..., Served], sim: Backend) -> None:
    limits = agent_variables(processes=PROCESSES, turns_per_process=TURNS_OF_ONE)
    served = serve(sim.url, env=limits)
    asyncio.run(turns(served, WARM_UP))
    before = held(served)
    told = asyncio.run(turns(served, TURNS))
    assert told == ["200 True"] * TURNS
    after = held(served)
    assert after.host_mb - before.host_mb < GROWTH_MB, (before, after)
    assert after.codex_mb < CODEX_MB, (before, after)
    assert after.descriptors <= before.descriptors + 2, (before, after)
    assert after.processes == before.processes, (before, after)
    assert after.paths <= before.paths + FILES, (before, after)
    counts = pool(served)
    assert counts["turns"] == WARM_UP + TURNS
    assert counts["died"] == 0
    assert counts["replaced"] >= (WARM_UP + TURNS) // TURNS_OF_ONE - PROCESSES
    assert counts["started"] == counts["replaced"] + PROCESSES
    ended = "SELECT status, count(*) FROM agent_turns GROUP BY status"
    assert served.ask(ended) == [("completed", WARM_UP + TURNS)]
    assert list(served.history.parent.rglob("turn-*")) == []

"""A whole gate against stubs that answer at once: asked, recorded, judged, compared, decided.

In a process of its own, which tells its rate and its peak. Every second answer breaks the contract
and differs from the others, so that nothing is compared by a short way.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp

from driftgate.replay.candidate.config import Configuration
from driftgate.replay.decide.policy import Policy
from driftgate.replay.gate import run_gate
from driftgate.replay.run.loop import run_loop
from driftgate.replay.run.progress import Progress
from driftgate.replay.select.selected import Selected, Selection
from driftgate.replay.sitting import Gate
from tests.bench.processes import CONTRACT, peak_mb
from tests.replay.run.made import JSON, Made, answered, asked

K, CONCURRENCY, SESSION = 2, 8, 5  # answers of an arm; calls at one time at each server
PROMPT = "x" * 2_000
_MARK = (b"x-bench-json", b"1")


@dataclass(frozen=True)
class Rates:
    """Calls a second: while asking, until all is decided, of a plain aiohttp client. Peak in MB.

    cpu_us: CPU of the gate's processes for each call in microseconds, the historian's included.
    """

    calls: int
    asking: float
    whole: float
    plain: float
    cpu_us: float
    peak_mb: float
    served: int
    verdict: str


class _Clock(Progress):
    """Knows when asking began and ended."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.began = self.ended = 0.0

    def start(self, total: int, before: int = 0) -> None:
        super().start(total, before)
        self.began = time.perf_counter()

    def stop(self) -> None:
        super().stop()
        self.ended = time.perf_counter()


def measured(folder: Path, ports: tuple[int, int], cases: int) -> Rates:
    """A gate over so many cases, and the plain client before it."""
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    calls = cases * K * len(urls)
    plain = calls / run_loop(_plain(urls, calls))
    gate = _gate(folder, urls, cases)
    clock, cpu = _Clock(), _cpu_s()
    report = run_gate(gate, clock)
    ended, cpu = time.perf_counter(), _cpu_s() - cpu
    return Rates(
        calls,
        calls / (clock.ended - clock.began),
        calls / (ended - clock.began),
        plain,
        cpu / calls * 1e6,
        peak_mb(os.getpid()),
        sum(report.decision.health.served.values()),
        report.decision.verdict.value,
    )


def _cpu_s() -> float:
    """CPU seconds of this process and of those it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _gate(folder: Path, urls: list[str], cases: int) -> Gate:
    made = Made(folder)
    ids = [
        made.call(asked(number, pad=PROMPT), answered("word " * 400), pairs=[*JSON, _MARK])
        for number in range(cases)
    ]
    made.drain()
    made.journal.close()
    made.drain()
    chosen = [
        Selected(
            call_id, f"session {number // SESSION}", {"dialect": ("chat",), "contract": ("bench",)}
        )
        for number, call_id in enumerate(ids)
    ]
    baseline, candidate = (Configuration(upstream=url) for url in urls)
    return Gate(
        settings=made.settings.model_copy(update={"contracts": _contracts(folder)}),
        selection=Selection(chosen, "all of them"),
        baseline=baseline,
        candidate=candidate,
        policy=Policy(),
        k=K,
        concurrency=CONCURRENCY,
    )


def _contracts(folder: Path) -> Path:
    home = folder / "contracts"
    home.mkdir()
    for each in (CONTRACT, CONTRACT.with_suffix(".schema.json")):
        shutil.copy(each, home)
    return home


async def _plain(urls: list[str], calls: int) -> float:
    """Seconds that aiohttp takes for as many calls with as many connections; nothing is kept."""
    headers = {"Content-Type": "application/json", _MARK[0].decode(): _MARK[1].decode()}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def ask(url: str, count: int) -> None:
            for number in range(count):
                body = asked(number, pad=PROMPT)
                async with session.post(f"{url}/v1/chat/completions", data=body) as answer:
                    await answer.read()

        workers = len(urls) * CONCURRENCY
        began = time.perf_counter()
        await asyncio.gather(
            *(ask(urls[number % len(urls)], calls // workers) for number in range(workers))
        )
        return time.perf_counter() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("ports", type=int, nargs=2)
    parser.add_argument("cases", type=int)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        found = measured(Path(home), tuple(given.ports), given.cases)
    sys.stdout.write(json.dumps(asdict(found)))

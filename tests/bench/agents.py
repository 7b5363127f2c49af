"""What agents cost: turns over a pool of Codex processes beside a `codex exec` for each, in one run.

The model is driftgate's simulated one, which answers at once: what is left is Codex and driftgate. The
time of the model calls, as the proxy saw it, is taken off. The bounds are shown beside the figures,
and fail nothing.
"""

import asyncio
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
from rich.table import Table

from driftgate.proxy.running import running
from tests.bench.processes import TICK
from tests.support.backends import (
    Served,
    Start,
    agent_variables,
    make_codex,
    start_serve,
    start_sim,
)
from tests.support.leaving import descendants
from tests.support.processes import Proc
from tests.support.waiting import wait_until

ADDED_LIMIT_MS, RATIO_LIMIT = 150, 3
TURNS, RUNS = 20, 6  # of a round: over the pool, and of each kind that starts a process
AT_ONCE, MANY = 16, 400
POOL, ALONE = "agent", "alone"
_ADDED = (
    "SELECT agent, total_ms - (SELECT sum(total_ms) FROM calls AS inner_calls "
    "WHERE inner_calls.parent_call_id = calls.call_id) FROM calls JOIN agent_turns USING (call_id) "
    "WHERE prompt LIKE 'echo: timed%'"
)


def agents_tables(rounds: int) -> Iterator[Table]:
    """Turns one after the other, 16 at once, and memory as turns go by."""
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as (served, exec_):
        yield _one_by_one(served, exec_, rounds)
        yield _at_once(served)


class Exec:
    """`codex exec` by itself, in the smallest configuration."""

    def __init__(self, folder: Path, url: str, start: Start) -> None:
        self._codex = make_codex(folder / "codex", start)
        self._provider = self._codex.provider(f"{url}/v1")

    def run(self) -> tuple[float, float]:
        """Seconds and CPU seconds of one."""
        before, began = _waited_s(), time.perf_counter()
        words = [
            "exec",
            "--json",
            "--skip-git-repo-check",
            *self._provider,
            "-m",
            "gemma4",
            "echo: x",
        ]
        environment = {"CODEX_HOME": str(self._codex.home), "PATH": os.environ["PATH"]}
        subprocess.run(
            [str(self._codex.program), *words],
            env={**environment, "NO_PROXY": "*", "HOME": str(self._codex.home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        return time.perf_counter() - began, _waited_s() - before


@contextmanager
def _served(folder: Path) -> Iterator[tuple[Served, Exec]]:
    started: list[Proc] = []

    def start(*words: Any, **more: Any) -> Proc:
        started.append(Proc.start(*words, **more))
        return started[-1]

    try:
        sim = start_sim(start)
        env = {**agent_variables(POOL), **agent_variables(ALONE, isolation="process")}
        served = start_serve(start, sim.url, folder / "history.duckdb", env=env)
        yield served, Exec(folder, sim.url, start)
    finally:
        for process in reversed(started):
            process.end()


def _one_by_one(served: Served, exec_: Exec, rounds: int) -> Table:
    """CPU is that of the host and all its Codex processes; of `codex exec` its own."""
    cpu: dict[str, list[float]] = {POOL: [], ALONE: [], "exec": []}
    whole: dict[str, list[float]] = {POOL: [], ALONE: [], "exec": []}
    asyncio.run(_turns(served, POOL, "warm", TURNS))
    for _ in range(rounds):
        for name, count in ((POOL, TURNS), (ALONE, RUNS)):
            before = _tree_s(_host(served)["pid"])
            whole[name] += asyncio.run(_turns(served, name, "timed", count))
            cpu[name].append((_tree_s(_host(served)["pid"]) - before) / count)
        for seconds, spent in (exec_.run() for _ in range(RUNS)):
            whole["exec"].append(seconds)
            cpu["exec"].append(spent)
    added: dict[str, list[float]] = {POOL: [], ALONE: []}
    for name, added_ms in served.ask(_ADDED):
        added[name].append(added_ms)
    table = Table(
        "turns", "CPU ms", "of the pool's", "limit", "whole ms", "added to the model ms", "limit",
        title=f"agents: {rounds * TURNS} turns over the pool and {rounds * RUNS} of each other kind, "
        "one after the other; medians",
    )  # fmt: skip
    base = statistics.median(cpu[POOL])
    kinds = {POOL: "over the pool", ALONE: 'isolation = "process"', "exec": "plain `codex exec`"}
    for name, what in kinds.items():
        spent = statistics.median(cpu[name])
        extra = f"{statistics.median(added[name]):.0f}" if name in added else ""
        table.add_row(
            what,
            f"{spent * 1000:.0f}",
            f"{spent / base:.1f}",
            f"> {RATIO_LIMIT}" if name == "exec" else "",
            f"{statistics.median(whole[name]) * 1000:.0f}",
            extra,
            f"< {ADDED_LIMIT_MS}" if name == POOL else "",
        )
    return table


def _at_once(served: Served) -> Table:
    """16 clients; memory is what is resident: of the host, and of its largest Codex process."""
    table = Table(
        "after turns", "without error", "turns/s", "host MB", "Codex MB", "Codex processes",
        title=f"agents: {AT_ONCE} turns at one time",
    )  # fmt: skip
    done = 0
    for count in (AT_ONCE, MANY // 2 - AT_ONCE, MANY // 2):
        began = time.perf_counter()
        told = asyncio.run(_turns(served, POOL, "many", count, AT_ONCE))
        seconds, done = time.perf_counter() - began, done + count
        wait_until(lambda: not _pool(served)["running"], what="the last turn's end")
        sizes = [each["memory_mb"] for each in _pool(served)["processes"]]
        table.add_row(
            f"{done}",
            f"{len(told)} of {count}",
            f"{count / seconds:.0f}",
            f"{_resident_mb(_host(served)['pid']):.0f}",
            f"{max(sizes):.0f}",
            f"{len(sizes)}",
        )
    return table


async def _turns(
    served: Served, agent: str, text: str, count: int, at_once: int = 1
) -> list[float]:
    """Seconds of each that was answered."""
    took: list[float] = []
    numbers = iter(range(count))

    async def client(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            said = [{"role": "user", "content": f"echo: {text} {number}"}]
            began = time.perf_counter()
            async with session.post(
                f"{served.url}/v1/chat/completions", json={"model": agent, "messages": said}
            ) as answer:
                if answer.status == 200 and json.loads(await answer.read())["choices"]:
                    took.append(time.perf_counter() - began)

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(client(session) for _ in range(at_once)))
    return took


def _host(served: Served) -> dict[str, Any]:
    return wait_until(lambda: running(served.history).host or {}, what="the host")


def _pool(served: Served) -> dict[str, Any]:
    told: dict[str, Any] = _host(served)["agents"][POOL]["pool"]
    return told


def _tree_s(pid: int) -> float:
    """CPU seconds of a process, of those below it, and of those that these have waited for."""
    spent = 0.0
    for each in {pid, *descendants(pid)}:
        with suppress(OSError):
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            spent += sum(map(int, fields[11:15])) / TICK
    return spent


def _waited_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)

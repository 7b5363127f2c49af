"""`make bench`: what driftgate costs beside a plain aiohttp pass-through; a gate, agents, the dashboard.

Trust the ratios, not the absolute figures: machines differ and are shared. CPU is what the kernel
counted for the process that serves calls (recording on, journal included); what the historian
spends afterwards on another core is a column of its own.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.agents import agents_tables
from tests.bench.contracts import contracts_table
from tests.bench.dashboard import dashboard_tables
from tests.bench.load import Plan
from tests.bench.measure import Medians, measure
from tests.bench.processes import Target, send, start_all
from tests.bench.replay import CASES, asking_table, deciding_table

DELTAS = 200
SCENARIOS = {
    # name: (plan, units a call, limit of the CPU ratio)
    "2 KB, 16 connections": (Plan(16, 2_000, 2_000), 1, 1.25),
    "2 KB, 1 connection": (Plan(1, 500, 2_000), 1, 1.25),
    "400 KB, 16 connections": (Plan(16, 160, 400_000), 1, 1.5),
    "stream, per delta": (Plan(16, 32, 2_000, (f"x-bench-stream: {DELTAS}:5000",)), DELTAS, 1.25),
}
ADDED_LIMIT_MS = 0.6
MEMORY_CALLS, BIG_BYTES = 100_000, 1 << 30
COLD_START_LIMIT_S = 0.3
ONLY = ("proxy", "contracts", "replay", "agents", "dashboard")


def main() -> None:
    """Runs it all and prints tables."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each target is measured")
    parser.add_argument("--no-memory", action="store_true", help="leave the memory runs out")
    parser.add_argument("--only", choices=ONLY, help="one of the parts that tell of speed")
    parser.add_argument("--cases", type=int, default=CASES, help="of a gate that is decided")
    given = parser.parse_args()
    console = Console(width=130)
    console.print(
        f"{platform.platform()}, Python {platform.python_version()}, {given.rounds} rounds, "
        f"load {os.getloadavg()[0]:.1f}"
    )
    if given.only not in {"replay", "agents", "dashboard"}:
        _gateway(console, given)
    if given.only in {None, "replay"}:
        console.print(asking_table())
        console.print(deciding_table(given.cases))
    if given.only in {None, "agents"}:
        for table in agents_tables(given.rounds):
            console.print(table)
    if given.only in {None, "dashboard"}:
        for table in dashboard_tables(given.rounds):
            console.print(table)
    console.print(_cold_start())


def _gateway(console: Console, given: argparse.Namespace) -> None:
    """What passes through the proxy."""
    with tempfile.TemporaryDirectory() as folder:
        targets = start_all(Path(folder))
        try:
            if given.only != "contracts":
                console.print(_speed(targets, given.rounds))
            if given.only != "proxy":
                console.print(contracts_table(targets, given.rounds))
            if not given.no_memory:
                console.print(_memory(targets["driftgate"]))
        finally:
            for target in targets.values():
                target.stop()


def _speed(targets: dict[str, Target], rounds: int) -> Table:
    table = Table("scenario", "target", "CPU us", "ratio", "limit", "ingest us", "p50 ms", "added ms",
                  title="CPU a call (or a delta), latency")  # fmt: skip
    for name, (plan, units, limit) in SCENARIOS.items():
        found = measure(targets, ("direct", "plain", "driftgate"), plan, units, rounds)
        for row in _rows(found, limit):
            table.add_row(name, *row)
    return table


def _rows(found: dict[str, Medians], limit: float) -> Iterator[tuple[str, ...]]:
    direct, plain = found["direct"], found["plain"]
    yield "direct", "", "", "", "", f"{direct.whole_ms:.2f}", ""
    for name in ("plain", "driftgate"):
        each = found[name]
        ratio, bound, ingest = "1.00", "", ""
        if name == "driftgate":
            ratio, bound = f"{each.cpu_us / plain.cpu_us:.2f}", f"{limit:g}"
            ingest = f"{each.ingest_us:.0f}"
        added = f"{each.whole_ms - direct.whole_ms:+.2f}"
        yield name, f"{each.cpu_us:.0f}", ratio, bound, ingest, f"{each.whole_ms:.2f}", added


def _memory(target: Target) -> Table:
    """Peaks of the serving process and of the historian, as calls and bytes go by."""
    table = Table("after", "serving MB", "historian MB", title="memory, peaks")
    plan = Plan(16, 10_000, 2_000)
    for done in range(0, MEMORY_CALLS + 1, plan.calls):
        if done:
            send(target, plan)
            target.drain()
        if done in {0, plan.calls, MEMORY_CALLS // 2, MEMORY_CALLS}:
            table.add_row(f"{done:,} calls", *_peaks(target))
    send(target, Plan(1, 1, 100, (f"x-bench-bytes: {BIG_BYTES}",)))
    target.drain()
    table.add_row("a 1 GB answer", *_peaks(target))
    return table


def _peaks(target: Target) -> tuple[str, str]:
    return f"{target.memory_mb():.0f}", f"{target.ingest_memory_mb():.0f}"


def _cold_start() -> str:
    command = [sys.executable, "-m", "driftgate", "--help"]
    times = []
    for _ in range(7):
        began = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - began)
    return f"driftgate --help: {statistics.median(times):.2f} s (limit {COLD_START_LIMIT_S})"


if __name__ == "__main__":
    main()

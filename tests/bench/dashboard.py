"""What an open dashboard costs the proxy's calls, and how long its pages take over a million calls.

Both are measured through the proxy's own port and a dashboard as users have them. With and without it
take turns at the same gateway. The bounds are shown beside the figures, and fail nothing.
"""

import statistics
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from tests.bench.load import Plan
from tests.bench.pages import pages_table
from tests.bench.processes import OTHER_CPU, Target, gateway, send, start
from tests.bench.watching import Watching, watching
from tests.support.processes import free_port

LIMIT = 1.05  # of the serving process, where a client sends as fast as it is answered
# by name: what is sent, and the bound
SCENARIOS: Mapping[str, tuple[Plan, float | None]] = {
    "2 KB, 16 connections": (Plan(16, 12_000, 2_000), LIMIT),
    "2 KB, 1 connection": (Plan(1, 4_000, 2_000), LIMIT),
    "2 KB, 20 calls a second": (Plan(1, 200, 2_000, pause_s=0.05), None),
}


@dataclass(frozen=True)
class Spent:
    """CPU microseconds a call: of the process that serves, and of all. events, looks: see Watching."""

    serving: float
    all: float
    events: int = 0
    looks: int = 0


def dashboard_tables(rounds: int) -> Iterator[Table]:
    """An open dashboard beside none; pages over a million calls."""
    with tempfile.TemporaryDirectory() as folder:
        yield _open_table(Path(folder), rounds)
        yield pages_table(Path(folder))


def _open_table(folder: Path, rounds: int) -> Table:
    table = Table(
        "scenario", "dashboard", "serving us", "ratio", "limit", "all processes us", "ratio",
        "events", "overviews",
        title=f"CPU a call with the dashboard open (live events, the overview every few seconds), "
        f"{rounds} rounds in turns; medians",
    )  # fmt: skip
    with ExitStack() as stack:
        up = free_port()
        upstream = start("stub", "tests.bench.upstream", str(up), cpu=OTHER_CPU, port=up)
        stack.callback(upstream.stop)
        target = gateway("driftgate", folder, up)
        stack.callback(target.stop)
        target.drain()
        with watching(_url(target)):  # its process loads what it needs
            pass
        for name, (plan, limit) in SCENARIOS.items():
            none, open_ = _turns(target, plan, rounds)
            table.add_row(
                name, "none", f"{none.serving:.0f}", "", "", f"{none.all:.0f}", "", "", ""
            )
            table.add_row(
                "",
                "open",
                f"{open_.serving:.0f}",
                f"{open_.serving / none.serving:.2f}",
                f"{limit:g}" if limit else "",
                f"{open_.all:.0f}",
                f"{open_.all / none.all:.2f}",
                f"{open_.events}",
                f"{open_.looks}",
            )
    return table


def _turns(target: Target, plan: Plan, rounds: int) -> tuple[Spent, Spent]:
    """Medians without and with it, each first equally often."""
    samples: dict[bool, list[Spent]] = {False: [], True: []}
    for number in range(rounds):
        for with_it in (number % 2 == 0, number % 2 == 1):
            samples[with_it].append(_sample(target, plan, with_it=with_it))
    return _median(samples[False]), _median(samples[True])


def _sample(target: Target, plan: Plan, *, with_it: bool) -> Spent:
    with watching(_url(target)) if with_it else nullcontext(Watching()) as seen:
        serving, others = target.cpu_s(), target.others_cpu_s()
        send(target, plan)
        serving = target.cpu_s() - serving
        target.drain()
        others = target.others_cpu_s() - others
    per_call = 1e6 / plan.calls
    return Spent(serving * per_call, (serving + others) * per_call, seen.events, seen.looks)


def _median(samples: list[Spent]) -> Spent:
    return Spent(
        statistics.median(each.serving for each in samples),
        statistics.median(each.all for each in samples),
        sum(each.events for each in samples),
        sum(each.looks for each in samples),
    )


def _url(target: Target) -> str:
    return f"http://127.0.0.1:{target.port}"

"""What contracts cost: observing beside none, holding back beside passing through, translating.

The contract has a schema, patterns and limits, and applies to each call. Of the answers every second
one breaks the schema. Nothing is tried twice, so that one call is one answer everywhere.
"""

from rich.table import Table

from tests.bench.load import Plan
from tests.bench.measure import Medians, measure
from tests.bench.processes import Target

LIMIT = 1.15  # observing beside no contracts, 2 KB answers
DELTAS = 200
JSON = "x-bench-json: 1"
STREAM = f"x-bench-stream: {DELTAS}:5000"
PLANS = {
    # name: (plan, units a call, targets, bound of observing)
    "2 KB answer, 16 connections": (
        Plan(16, 4_000, 2_000, (JSON,)), 1, ("driftgate", "observe", "enforce"), LIMIT,
    ),
    "2 KB answer, 1 connection": (
        Plan(1, 1_000, 2_000, (JSON,)), 1, ("driftgate", "observe", "enforce"), LIMIT,
    ),
    "stream, per delta": (
        Plan(16, 32, 2_000, (JSON, STREAM)), DELTAS, ("driftgate", "observe", "enforce"), None,
    ),
    "responses-to-chat, per delta": (
        Plan(16, 32, 2_000, (JSON, STREAM), responses=True), DELTAS, ("driftgate", "adapt"), None,
    ),
}  # fmt: skip
WHAT = {
    "driftgate": "no contracts",
    "observe": "observe",
    "enforce": "enforce (held back)",
    "adapt": "translated",
}


def contracts_table(targets: dict[str, Target], rounds: int) -> Table:
    """All scenarios; ratios to the same gateway without contracts, in the same run."""
    table = Table(
        "scenario", "mode", "serving us", "ratio", "ingest us", "ratio", "both us", "ratio",
        "limit", "first byte ms", "whole ms",
        title=f"contracts: CPU a call (or a delta), latency; observing must stay below {LIMIT:g}",
    )  # fmt: skip
    for name, (plan, units, names, limit) in PLANS.items():
        found = measure(targets, names, plan, units, rounds)
        for target in names:
            bound = f"{limit:g}" if limit is not None and target == "observe" else ""
            table.add_row(name, WHAT[target], *_row(found[target], found["driftgate"], bound))
    return table


def _row(found: Medians, base: Medians, bound: str) -> tuple[str, ...]:
    """The first-byte time is told as what it adds to the one without contracts."""
    return (
        f"{found.cpu_us:.0f}",
        _ratio(found.cpu_us, base.cpu_us),
        f"{found.ingest_us:.0f}",
        _ratio(found.ingest_us, base.ingest_us),
        f"{found.tree_us:.0f}",
        _ratio(found.tree_us, base.tree_us),
        bound,
        f"{found.first_ms - base.first_ms:+.2f}" if found is not base else f"{base.first_ms:.2f}",
        f"{found.whole_ms:.2f}",
    )


def _ratio(value: float, base: float) -> str:
    return f"{value / base:.2f}" if base else ""

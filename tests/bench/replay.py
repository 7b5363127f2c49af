"""What a gate costs: calls a second from asking to the verdict, and comparing and deciding 10,000 cases.

The bounds are those of the project. They are shown beside the figures, and fail nothing: machines
differ and are shared.
"""

import json
import subprocess
import sys
from typing import Any

from rich.table import Table

from tests.bench.deciding import CONTRACTS, KINDS, SESSION, TOKENS
from tests.bench.processes import BOTH_CPUS, pinned, start
from tests.bench.replaying import CONCURRENCY, K
from tests.support.processes import free_port

CASES = 10_000  # compared and decided
ASKED = 2_500  # cases of the gate that asks: four calls each
CALLS_LIMIT, SECONDS_LIMIT, MB_LIMIT = 500, 60, 1024


def asking_table(cases: int = ASKED) -> Table:
    """A gate against two stubs. The ratio is to a plain aiohttp client, which keeps nothing."""
    found = _asked(cases)
    table = Table(
        "what", "calls/s", "limit", "of the plain client",
        title=f"a gate of {found['calls']:,} calls at two stubs that answer at once, "
        f"{CONCURRENCY} at one time at each: {found['served']:,} served, "
        f"peak {found['peak_mb']:.0f} MB, CPU {found['cpu_us']:.0f} us a call with the historian's",
    )  # fmt: skip
    rows = {
        "a plain aiohttp client": ("plain", ""),
        "asked and journaled": ("asking", f"> {CALLS_LIMIT}"),
        "in the history, judged, compared, decided": ("whole", f"> {CALLS_LIMIT}"),
    }
    for what, (name, limit) in rows.items():
        table.add_row(what, f"{found[name]:,.0f}", limit, f"{found[name] / found['plain']:.2f}")
    return table


def _asked(cases: int) -> dict[str, Any]:
    ports = [free_port(), free_port()]
    stubs = []
    try:
        for port in ports:
            module = "tests.bench.upstream"
            stubs.append(start("stub", module, str(port), cpu=BOTH_CPUS, port=port))
        return _run("tests.bench.replaying", *map(str, ports), str(cases))
    finally:
        for stub in stubs:
            stub.stop()


def deciding_table(cases: int = CASES) -> Table:
    """Each kind of answers in a process of its own."""
    table = Table(
        "answers", "characters", "pairs", "comparing s", "us a pair", "in all s", "CPU s", "limit",
        "peak MB", "limit",
        title=f"comparing and deciding {cases:,} cases of {K} + {K} + 1 answers, {cases // SESSION:,} "
        f"sessions, {CONTRACTS} contracts, 2,000 permutations ({TOKENS} logprobs an answer)",
    )  # fmt: skip
    limits = (f"< {SECONDS_LIMIT}", f"< {MB_LIMIT:,}") if cases == CASES else ("", "")
    for kind in KINDS:
        found = _run("tests.bench.deciding", kind, str(cases))
        table.add_row(
            kind,
            f"{found['characters']:,}",
            f"{found['pairs']:,}",
            f"{found['compare_s']:.1f}",
            f"{found['compare_s'] / found['pairs'] * 1e6:.0f}",
            f"{found['total_s']:.1f}",
            f"{found['cpu_s']:.1f}",
            limits[0],
            f"{found['peak_mb']:.0f}",
            limits[1],
        )
    return table


def _run(module: str, *args: str) -> dict[str, Any]:
    command = [*pinned(BOTH_CPUS), sys.executable, "-m", module, *args]
    output = subprocess.run(command, capture_output=True, text=True, check=False)
    if output.returncode:
        raise RuntimeError(f"{module} {' '.join(args)}: {output.stderr[-500:]}")
    found: dict[str, Any] = json.loads(output.stdout)
    return found

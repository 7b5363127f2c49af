"""How long the dashboard's pages take over a large history, asked one after the other over HTTP.

CPU tells more than the time does where other programs run meanwhile; DuckDB uses all cores.
"""

import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from rich.table import Table

from driftgate.proxy.history.reader import Reader, open_history
from tests.bench.processes import cpu_s
from tests.bench.watching import BASE
from tests.support.many_calls import make_many
from tests.support.processes import DRIFTGATE, free_port
from tests.support.waiting import wait_until

CALLS = 1_000_000
LIMIT_MS = 300  # at the median
TIMES = 9
_QUERY = "SELECT model, count(*) AS calls, median(total_ms) FROM calls GROUP BY model"
# an ordinary call in the middle of the history; one of each kind that a page shows
_SAMPLES = {
    "call": "SELECT call_id FROM calls WHERE answer_complete ORDER BY call_id LIMIT 1 OFFSET {half}",
    "failing": "SELECT call_id FROM calls WHERE verdict = 'fail' ORDER BY call_id DESC LIMIT 1 OFFSET 9",
    "retried": "SELECT call_id FROM calls WHERE attempts > 1 ORDER BY call_id DESC LIMIT 1 OFFSET 9",
    "turn": "SELECT call_id FROM agent_turns ORDER BY call_id DESC LIMIT 1 OFFSET 9",
    "session": "SELECT session_id FROM calls WHERE call_id > '{call}' LIMIT 1",
    "run": "SELECT run_id FROM run_results ORDER BY finished_at DESC LIMIT 1",
    "case": "SELECT replay_of FROM replays WHERE run_id = '{run}' ORDER BY replay_of LIMIT 1",
}


def pages_table(folder: Path, calls: int = CALLS) -> Table:
    """Each page of a history of so many calls, made in the folder."""
    history = folder / "many.duckdb"
    began = time.perf_counter()
    make_many(history, calls)
    made_s = time.perf_counter() - began
    table = timed(history, calls)
    size_mb = history.stat().st_size / 1e6
    table.title = (
        f"pages over {calls:,} calls ({size_mb:.0f} MB, made in {made_s:.0f} s), {TIMES} times each"
    )
    history.unlink()
    return table


def timed(history: Path, calls: int) -> Table:
    """Each page of this history, which `make_many` made of so many calls."""
    table = Table("page", "KB", "median ms", "limit", "slowest ms", "CPU ms")
    with open_history(history, drain=False) as reader:
        paths = list(_paths(reader, calls))
    with _served(history) as (url, pid):
        for path in paths:
            table.add_row(path[:70], *_row(f"{url}{BASE}{path}", pid))
    return table


def _paths(reader: Reader, calls: int) -> Iterator[str]:
    found: dict[str, str] = {"half": str(calls // 2)}
    for name, sql in _SAMPLES.items():
        found[name] = str(reader.ask(sql.format(**found)).rows[0][0])
    yield "/live"
    yield "/calls"
    for query in (
        {"model": "qwen3:8b"},
        {"verdict": "fail"},
        {"text": "customer 77777 "},
    ):
        yield f"/calls?{urlencode(query)}"
    for name in ("call", "failing", "retried", "turn"):
        yield f"/calls/{found[name]}"
    yield f"/calls/{found['call']}/replays"
    yield "/sessions"
    yield f"/sessions/{quote(found['session'])}"
    yield "/overview"
    yield "/overview?since=30d"
    yield "/overview?since=all"
    yield "/contracts"
    yield "/contracts/orders"
    yield "/drift"
    yield f"/drift/{found['run']}"
    yield f"/drift/{found['run']}/calls/{found['case']}"
    yield "/sql"
    yield f"/sql/result?{urlencode({'sql': _QUERY})}"


def _row(url: str, pid: int) -> tuple[str, ...]:
    try:
        _asked(url)
        before = cpu_s(pid)
        found = [_asked(url) for _ in range(TIMES)]
        cpu_ms = (cpu_s(pid) - before) / TIMES * 1000
    except urllib.error.HTTPError as error:
        return f"status {error.code}", "", "", "", ""
    times = [took for _, took in found]
    return (
        f"{found[0][0] / 1000:.0f}",
        f"{statistics.median(times):.0f}",
        f"< {LIMIT_MS}",
        f"{max(times):.0f}",
        f"{cpu_ms:.0f}",
    )


@contextmanager
def _served(history: Path) -> Iterator[tuple[str, int]]:
    """`driftgate dashboard`, as without a proxy: its address and its process."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    words = ["dashboard", "--history", str(history), "--listen", f"127.0.0.1:{port}"]
    process = subprocess.Popen([*DRIFTGATE, *words], stdout=subprocess.DEVNULL, stderr=sys.stderr)
    try:
        wait_until(lambda: _is_there(f"{url}{BASE}/static/app.css"), 30, what="the dashboard")
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _is_there(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _asked(url: str) -> tuple[int, float]:
    """Bytes and milliseconds."""
    began = time.perf_counter()
    with urllib.request.urlopen(url, timeout=120) as answer:
        size = len(answer.read())
    return size, (time.perf_counter() - began) * 1000

"""How long the dashboard's pages take over a large history, asked one after the other over HTTP."""

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
    table = Table(
        "page", "KB", "median ms", "limit", "slowest ms",
        title=f"pages over {calls:,} calls ({history.stat().st_size / 1e6:.0f} MB, made in "
        f"{time.perf_counter() - began:.0f} s), {TIMES} times each",
    )  # fmt: skip
    with open_history(history, drain=False) as reader:
        paths = list(_paths(reader, calls))
    with _served(history) as url:
        for path in paths:
            try:
                size, times = _asked(f"{url}{BASE}{path}")
            except urllib.error.HTTPError as error:
                table.add_row(path[:70], f"status {error.code}", "", "", "")
                continue
            median, slowest = statistics.median(times), max(times)
            limits = f"< {LIMIT_MS}"
            table.add_row(
                path[:70], f"{size / 1000:.0f}", f"{median:.0f}", limits, f"{slowest:.0f}"
            )
    history.unlink()
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


@contextmanager
def _served(history: Path) -> Iterator[str]:
    """`driftgate dashboard`, as without a proxy."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    words = ["dashboard", "--history", str(history), "--listen", f"127.0.0.1:{port}"]
    process = subprocess.Popen([*DRIFTGATE, *words], stdout=subprocess.DEVNULL, stderr=sys.stderr)
    try:
        wait_until(lambda: _is_there(f"{url}{BASE}/static/app.css"), 30, what="the dashboard")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _is_there(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _asked(url: str) -> tuple[int, list[float]]:
    """Bytes, and milliseconds of each time but the first."""
    times, size = [], 0
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        with urllib.request.urlopen(url, timeout=120) as answer:
            size = len(answer.read())
        times.append((time.perf_counter() - began) * 1000)
    return size, times[1:]

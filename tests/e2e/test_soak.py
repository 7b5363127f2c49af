"""Memory stays flat over many calls and over a stream that is larger than what is recorded."""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.admin import ask, socket_path
from tests.support.backends import Served, Start
from tests.support.processes import Proc, free_port
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

Serve = Callable[..., Served]
WARM_UP, CALLS, CONNECTIONS = 6_000, 20_000, 8
STREAM_BYTES, LIMIT_MB = 300 << 20, 16
# The historian fills its memories of digests and retries, up to their limits: about 1.5 KB a call.
# Calls that were never let go would be 6 KB each.
GROWTH_MB = {"proxy": 8, "historian": 72}
# a body of the limit as chunks, joined, and as text, while the rows are made
STREAM_GROWTH_MB = {"proxy": 24, "historian": 12 * LIMIT_MB}


@dataclass(frozen=True)
class Memory:
    """Peaks of the two processes so far, in MB."""

    proxy: float
    historian: float


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("platform: needs /proc")
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text())
    assert found is not None
    return int(found[1]) / 1024


def _historian(served: Served) -> dict[str, Any]:
    return ask(socket_path(served.history, "history"), {"op": "status"}) or {}


def _memory(served: Served) -> Memory:
    return Memory(_peak_mb(served.process.pid), _peak_mb(int(_historian(served)["pid"])))


@contextlib.contextmanager
def _ingest_stopped(served: Served) -> Iterator[None]:
    """Nothing leaves the journal meanwhile."""
    pid = int(_historian(served)["pid"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def cheap(proc: Start) -> str:
    """A backend that costs as little as Python can."""
    port = free_port()
    proc([sys.executable, "-m", "tests.bench.upstream", str(port)])
    wait_until(lambda: _connects(port), 20, what="the backend")
    return f"http://127.0.0.1:{port}"


def _connects(port: int) -> bool:
    async def connect() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    try:
        asyncio.run(connect())
    except OSError:
        return False
    return True


def _load(proc: Start, served: Served, calls: int) -> Proc:
    plan = {"connections": CONNECTIONS, "calls": calls, "size": 300, "lines": []}
    port = served.url.rpartition(":")[2]
    return proc([sys.executable, "-m", "tests.bench.load", port, json.dumps(plan)])


def _finish(load: Proc, served: Served) -> None:
    assert load.popen.wait(120) == 0, load.text
    _drain(served)


def _drain(served: Served) -> None:
    """Waits until all of the journal is in the history."""

    def empty() -> bool:
        answer = ask(socket_path(served.history, "history"), {"op": "drain"}, 60)
        return bool((answer or {}).get("drained")) and _historian(served)["backlog_bytes"] == 0

    wait_until(empty, 90, what="an empty journal")


def test_memory_stays_flat_over_many_calls(proc: Start, serve: Serve, cheap: str) -> None:
    served = serve(cheap)
    with _ingest_stopped(served):  # so that it has the largest batch there is behind it
        assert _load(proc, served, WARM_UP).popen.wait(120) == 0
    _drain(served)
    before = _memory(served)
    _finish(_load(proc, served, CALLS), served)
    after = _memory(served)
    assert after.proxy - before.proxy < GROWTH_MB["proxy"], (before, after)
    assert after.historian - before.historian < GROWTH_MB["historian"], (before, after)
    assert served.ask("SELECT count(*) FROM calls WHERE outcome = 'completed'")[0][0] >= (
        WARM_UP + CALLS
    )


async def test_a_large_stream_is_never_whole_in_memory(serve: Serve, cheap: str) -> None:
    served = await asyncio.to_thread(
        serve, cheap, env={"DRIFTGATE_RECORD__BODY_LIMIT_MB": str(LIMIT_MB)}
    )
    before = await asyncio.to_thread(_memory, served)
    assert await _stream(served, STREAM_BYTES) == STREAM_BYTES
    found = await asyncio.to_thread(
        served.ask_until,
        "SELECT response_bytes, response_truncated, outcome, size FROM calls "
        "JOIN bodies ON body_id = response_body WHERE path = '/big'",
        1,
    )
    after = await asyncio.to_thread(_memory, served)
    assert found == [(STREAM_BYTES, True, "completed", LIMIT_MB << 20)]
    assert after.proxy - before.proxy < STREAM_GROWTH_MB["proxy"], (before, after)
    assert after.historian - before.historian < STREAM_GROWTH_MB["historian"], (before, after)


async def _stream(served: Served, size: int) -> int:
    """Reads an answer of this size, a few times slower than it is sent; the bytes that came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rpartition(":")[2]))
    writer.write(
        b"GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\nx-bench-bytes: %d\r\n\r\n" % size
    )
    await reader.readuntil(b"\r\n\r\n")
    count = 0
    while data := await reader.read(1 << 18):
        count += len(data)
    writer.close()
    return count


def test_ingest_does_not_hold_up_a_call(proc: Start, serve: Serve, cheap: str) -> None:
    """Calls go on while the historian has seconds of work: it is a process of its own."""
    served = serve(cheap)
    load = _load(proc, served, 3_000)
    slowest = 0.0
    while load.popen.poll() is None:
        begin = time.monotonic()
        asyncio.run(_one(served))
        slowest = max(slowest, time.monotonic() - begin)
    _finish(load, served)
    assert slowest < 1.0
    assert _historian(served)["ingested_total"] >= 3_000


async def _one(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rpartition(":")[2]))
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await reader.read()
    writer.close()

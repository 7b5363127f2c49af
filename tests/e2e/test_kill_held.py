"""kill -9 while an answer is held back: the call is there as interrupted, with its attempts."""

import contextlib
import json
import os
import signal
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from driftgate.proxy.admin import ask, socket_path
from tests.e2e.calling import chat, post
from tests.support.backends import Served, Start, start_sim
from tests.support.enforcing import folder
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(120)

Serve = Callable[..., Served]
PATH = "/v1/chat/completions"
FAULTS = "status; status=503; times=1; key=held, stall; seconds=60"
CALLS = 6


def _begin(served: Served, body: bytes, fault: str) -> socket.socket:
    """Sends a request and leaves its answer alone."""
    host, port = served.url.removeprefix("http://").split(":")
    client = socket.create_connection((host, int(port)), timeout=30)
    head = f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nx-driftgate-sim: {fault}\r\n"
    client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return client


def _arrived(url: str) -> int:
    with urllib.request.urlopen(f"{url}/sim/calls", timeout=5) as answer:
        return int(json.loads(answer.read())["by_path"][PATH])


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("historian_too", [False, True])
def test_a_held_call_that_was_cut_off_has_its_attempts(
    proc: Start, serve: Serve, tmp_path: Path, *, historian_too: bool
) -> None:
    sim = start_sim(proc)
    options = ("--contracts", str(folder(tmp_path / "contracts")))
    history = tmp_path / "h.duckdb"
    served = serve(sim.url, *options, history=history)
    historian = int((ask(socket_path(history, "history"), {"op": "status"}) or {})["pid"])
    for number in range(CALLS):
        fault = {"x_driftgate_sim": "empty"} if number % 2 else {}
        post(f"{served.url}{PATH}", chat(f"echo: {number}"), **fault)
    before = _arrived(sim.url)
    with _begin(served, chat("echo: held"), FAULTS):
        wait_until(lambda: _arrived(sim.url) == before + 2, 20, what="the second attempt")
        if historian_too:
            _kill(historian)
        _kill(served.process.pid)
        served.process.popen.wait(10)
    again = serve(sim.url, *options, history=history)
    rows = again.ask_until("SELECT call_id FROM calls", CALLS + 1)
    assert len(rows) == CALLS + 1
    [(outcome, verdict, attempts)] = again.ask(
        "SELECT outcome, verdict, attempts FROM calls WHERE outcome = 'interrupted'"
    )
    assert (outcome, verdict, attempts) == ("interrupted", "unjudged", 2)
    tries = again.ask(
        "SELECT attempt, reason, attempts.status, attempts.outcome FROM attempts JOIN calls USING (call_id)"
        " WHERE calls.outcome = 'interrupted' ORDER BY attempt"
    )
    assert tries == [(1, "first", 503, "completed"), (2, "retry", None, "interrupted")]
    done = again.ask(
        "SELECT contract, verdict, count(*) FROM calls WHERE outcome <> 'interrupted' GROUP BY ALL"
    )
    assert sorted(done) == [("strict", "fail", CALLS // 2), ("strict", "pass", CALLS // 2)]

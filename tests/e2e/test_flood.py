"""A flood is stopped while it streams: the upstream is spared the rest of it."""

import json
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.calling import post
from tests.support.backends import Backend, Served, Start, start_sim
from tests.support.enforcing import folder
from tests.support.fault_cases import PATHS, TALKING, Case, request_of
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(120)

Serve = Callable[..., Served]
PACE = 500  # tokens a second
# what a flood consists of, and how often; as long as those that people report
FLOODS = {
    "token_flood": ("thought\n", 1000),
    "newline_flood": ("\n", 5000),
    "unused_tokens": ("<unused49>", 1000),
}


@pytest.fixture
def paced(proc: Start) -> Backend:
    """A simulated server that is as fast as a small model on a graphics card."""
    return start_sim(proc, "--tokens-per-second", str(PACE), "--context", "32768")


def _state(paced: Backend) -> dict[str, Any]:
    with urllib.request.urlopen(f"{paced.url}/sim/calls", timeout=5) as answer:
        state: dict[str, Any] = json.loads(answer.read())
        return state


def test_less_than_a_fifth_of_a_flood_is_made(paced: Backend, serve: Serve, tmp_path: Path) -> None:
    served = serve(paced.url, "--contracts", str(folder(tmp_path / "contracts")))
    kinds = [(fault, dialect) for fault in FLOODS for dialect in TALKING]

    def ask(kind: tuple[str, str]) -> None:
        fault, dialect = kind
        body = json.dumps(request_of(Case("", "", "", "echo: well"), dialect, stream=True)).encode()
        asked = f"fault={fault}; count={FLOODS[fault][1]}; times=1; key={dialect}"
        assert b"well" in post(served.url + PATHS[dialect], body, x_driftgate_sim=asked)

    with ThreadPoolExecutor(len(kinds)) as pool:
        list(pool.map(ask, kinds))
    rows = served.ask("SELECT output_text, verdict FROM attempts WHERE attempt = 1")
    assert len(rows) == len(kinds)
    for text, verdict in rows:
        assert verdict == "fail"
        unit, times = next(each for each in FLOODS.values() if text.startswith(each[0]))
        assert text in unit * times
        assert text.count(unit) < times / 5
    # the connection was closed under the server, which makes no more
    wait_until(lambda: _state(paced)["client_gone"] == len(kinds), 10, what="the server to stop")
    assert served.ask("SELECT count(*) FROM calls WHERE verdict = 'pass'") == [(len(kinds),)]

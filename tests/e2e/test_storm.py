"""An upstream that always fails is not buried under retries: neither driftgate's nor Codex's."""

import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.calling import chat
from tests.support.backends import Backend, Codex, Served, Start, start_sim
from tests.support.enforcing import folder
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(180)

Serve = Callable[..., Served]
CLIENTS, CALLS = 8, 40
CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
DEFAULT = "DRIFTGATE_UPSTREAMS__DEFAULT__"
NO_BREAKER = {f"{DEFAULT}BREAKER_FAILURES": "0"}


@pytest.fixture
def failing(proc: Start) -> Backend:
    """A simulated server that answers each model call with 503."""
    return start_sim(proc, "--fault", "status; status=503")


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """One contract for all, with three attempts."""
    return folder(tmp_path / "contracts")


def arrived(sim: Backend, path: str) -> int:
    """How many requests for a path have reached the upstream."""
    with urllib.request.urlopen(f"{sim.url}/sim/calls", timeout=5) as answer:
        return int(json.loads(answer.read())["by_path"].get(path, 0))


def status_of(served: Served) -> tuple[int, str]:
    """Status of one call, and the code of its error."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(served.url + CHAT, chat("echo: hi"), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["error"]["code"]


def many(served: Served) -> "Counter[tuple[int, str]]":
    """How so many calls of several clients end."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        return Counter(pool.map(lambda _: status_of(served), range(CALLS)))


def test_the_retry_budget_bounds_what_an_upstream_is_sent(
    failing: Backend, serve: Serve, contracts: Path
) -> None:
    env = {**NO_BREAKER, f"{DEFAULT}RETRY_RATIO": "0.1", f"{DEFAULT}RETRY_MIN": "3"}
    served = serve(failing.url, "--contracts", str(contracts), env=env)
    assert many(served) == {(503, "upstream_busy"): CALLS}
    sent = arrived(failing, CHAT)
    assert CALLS < sent <= CALLS + CALLS * 0.1 + 3  # 120 without the budget
    assert served.ask("SELECT count(*) FROM attempts") == [(sent,)]


def test_attempts_are_bounded_where_the_budget_is_not(
    failing: Backend, serve: Serve, contracts: Path
) -> None:
    env = {**NO_BREAKER, f"{DEFAULT}RETRY_MIN": "1000"}
    served = serve(failing.url, "--contracts", str(contracts), env=env)
    assert many(served) == {(503, "upstream_busy"): CALLS}
    assert arrived(failing, CHAT) == 3 * CALLS


def test_the_breaker_leaves_it_alone_and_finds_out_when_it_is_well(
    failing: Backend, serve: Serve, contracts: Path
) -> None:
    env = {f"{DEFAULT}BREAKER_OPEN_S": "0.5"}
    served = serve(failing.url, "--contracts", str(contracts), env=env)
    ended = many(served)
    assert ended[503, "breaker_open"] > CALLS / 2
    assert sum(ended.values()) == CALLS
    assert arrived(failing, CHAT) < CALLS / 2
    # calls that were kept back have no attempt, and no verdict on an answer
    assert served.ask("SELECT count(*) FROM attempts") == [(arrived(failing, CHAT),)]
    kept = served.ask(
        "SELECT attempts, verdict, count(*) FROM calls WHERE attempts = 0 GROUP BY ALL"
    )
    assert kept == [(0, "unjudged", ended[503, "breaker_open"])]
    request = urllib.request.Request(f"{failing.url}/sim/fault", method="DELETE")
    urllib.request.urlopen(request, timeout=5).close()
    wait_until(lambda: status_of(served)[0] == 200, 20, what="a probe that closes it")
    assert many(served) == {(200, ""): CALLS}


@pytest.mark.slow
def test_codexs_own_retries_do_not_multiply_ours(
    codex: Codex, failing: Backend, serve: Serve, contracts: Path
) -> None:
    """Without driftgate Codex sends one turn 30 times: 5 requests on each of 6 streams."""
    served = serve(failing.url, "--contracts", str(contracts))
    retries = {"request_max_retries": 4, "stream_max_retries": 5}  # Codex's defaults
    provider = codex.provider(f"{served.url}/v1", **retries)
    run = codex.run("hi", *provider, "-m", failing.model)
    assert run.code == 1
    assert "driftgate" in run.output
    assert "503" in run.output
    assert arrived(failing, RESPONSES) == 3
    rows = served.ask(f"SELECT status, attempts FROM calls WHERE path = '{RESPONSES}'")
    assert rows == [(400, 3)]

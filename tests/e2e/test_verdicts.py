"""What a model or a server does wrong is found by SQL, in `observe`, with no word to the client."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.backends import Backend, Served, Start, start_serve, start_sim
from tests.support.enforcing import folder
from tests.support.fault_cases import ALL, CASES, CLASSIFY, PATHS, POEM, WEATHER, Case, request_of

pytestmark = pytest.mark.timeout(120)

Serve = Callable[..., Served]
RATES = """\
name = "label"
version = "1"
[applies]
models = ["gemma4-sim*"]
[output]
schema = { type = "object", required = ["label"] }
"""


def send(served: Served, path: str, body: dict[str, Any], fault: str = "") -> tuple[int, str]:
    """Status and call id of one call, read to its end."""
    headers = {"Content-Type": "application/json", **({"x-driftgate-sim": fault} if fault else {})}
    request = urllib.request.Request(served.url + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
            return answer.status, answer.headers["x-driftgate-call-id"]
    except urllib.error.HTTPError as error:
        error.read()
        return error.code, error.headers["x-driftgate-call-id"]


def _variants() -> Iterator[tuple[str, str, Case, bool]]:
    for case in CASES:
        for dialect in case.dialects:
            for stream in case.streams:
                yield str(case), dialect, case, stream


@pytest.fixture(scope="module")
def served(session_proc: Start, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A gateway in front of a simulated server with a small context and plain tools."""
    sim = start_sim(session_proc, "--context", "4096", "--plain-tools")
    history = tmp_path_factory.mktemp("verdicts") / "h.duckdb"
    return start_serve(session_proc, sim.url, history)


@pytest.fixture(scope="module")
def found(served: Served) -> dict[tuple[str, str, bool], set[str]]:
    """What SQL says of one call of each case, dialect and way."""
    asked = {
        (name, dialect, stream): send(
            served, PATHS[dialect], request_of(case, dialect, stream=stream), case.fault
        )[1]
        for name, dialect, case, stream in _variants()
    }
    rows = served.ask("SELECT call_id::VARCHAR, keyword FROM violations")
    told: dict[str, set[str]] = {}
    for call_id, keyword in rows:
        told.setdefault(call_id, set()).add(keyword)
    return {key: told.get(call_id, set()) for key, call_id in asked.items()}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_reported_failure_is_found_in_each_dialect(
    found: dict[tuple[str, str, bool], set[str]], case: Case
) -> None:
    missed = {
        (dialect, stream): found[str(case), dialect, stream]
        for dialect in case.dialects
        for stream in case.streams
        if case.keyword not in found[str(case), dialect, stream]
    }
    assert not missed


@pytest.mark.parametrize("dialect", ["responses", "chat", "ollama_chat"])
def test_a_seed_that_is_ignored_is_a_warning(served: Served, dialect: str) -> None:
    # a prompt of its own: what other tests asked must not be what this one is held against
    case = Case("", "ignore_seed", "constraint_dropped", f"Write a story about {dialect}.")
    body = request_of(case, dialect, stream=False)
    if dialect == "ollama_chat":
        body["options"] = {"seed": body.pop("seed")}
    calls = [send(served, PATHS[dialect], body, case.fault)[1] for _ in range(12)]
    ids = ", ".join(f"'{call_id}'" for call_id in calls)
    rows = served.ask(
        "SELECT DISTINCT keyword, v.path, severity, verdict FROM violations v"
        f" JOIN calls USING (call_id) WHERE call_id IN ({ids})"
    )
    assert rows == [(case.keyword, "parameters/seed", "warning", "pass")]


ORDINARY = [
    Case("", "", "", POEM, dialects=ALL),
    Case("", "", "", "Good morning!", dialects=ALL),
    Case("", "", "", "echo: yes", dialects=ALL),
    Case("", "", "", "count to 300", dialects=ALL),
    Case("", "", "", "count to 300", more={"limit": 20}, dialects=ALL),
    Case("", "", "", "count to 30", more={"stop": ["7"]}, dialects=("chat", "ollama_chat")),
    Case("", "", "", WEATHER, tools=True),
    Case("", "", "", POEM, tools=True),
    Case("", "", "", CLASSIFY, schema=True),
    Case("", "", "", "word " * 2000),
]


def test_ordinary_answers_have_no_error(served: Served) -> None:
    asked = [
        send(served, PATHS[dialect], request_of(case, dialect, stream=stream))
        for case in ORDINARY
        for dialect in case.dialects
        for stream in case.streams
    ]
    assert {status for status, _ in asked} == {200}
    ids = ", ".join(f"'{call_id}'" for _, call_id in asked)
    rows = served.ask(
        "SELECT output_text, dialect, keyword, reason FROM violations JOIN calls USING (call_id) "
        f"WHERE call_id IN ({ids}) AND severity = 'error'"
    )
    assert not rows
    verdicts = served.ask(f"SELECT DISTINCT contract, verdict FROM calls WHERE call_id IN ({ids})")
    assert verdicts == [("builtin", "pass")]


def test_the_pass_rate_per_contract_model_and_hour(
    sim: Backend, serve: Serve, tmp_path: Path
) -> None:
    served = serve(sim.url, "--contracts", str(folder(tmp_path / "contracts", RATES)))
    asked = Case("", "", "", CLASSIFY, schema=True)
    begin = datetime.now(UTC).replace(tzinfo=None)
    for model, fault in [
        *[("gemma4-sim:v1", "")] * 3,
        *[("gemma4-sim:v1", "missing_field")] * 2,
        *[("gemma4-sim:v2", "")] * 2,
        ("another", "token_flood"),
    ]:
        body = {**request_of(asked, "chat", stream=False), "model": model}
        assert send(served, PATHS["chat"], body, fault)[0] == 200
    rows = served.ask(
        "SELECT contract, model, sum(judged), sum(passed), sum(failed),"
        " sum(passed) / sum(judged), mode(most_frequent_violation)"
        " FROM pass_rates GROUP BY ALL ORDER BY contract, model"
    )
    assert rows == [
        ("builtin", "another", 1, 0, 1, 0.0, rows[0][-1]),
        ("label", "gemma4-sim:v1", 5, 3, 2, 0.6, rows[1][-1]),
        ("label", "gemma4-sim:v2", 2, 2, 0, 1.0, None),
    ]
    hours = [hour for (hour,) in served.ask("SELECT DISTINCT hour FROM pass_rates")]
    assert all(begin - timedelta(hours=1) < hour <= begin + timedelta(hours=1) for hour in hours)
    assert all(hour.minute == hour.second == 0 for hour in hours)

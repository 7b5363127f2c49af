"""A client that asks for a schema gets a valid answer or a clear error, whatever the model does."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import jsonschema
import ollama
import openai
import pytest

from tests.e2e.calling import chat, post
from tests.support.backends import Backend, Served, Start, start_sim
from tests.support.enforcing import ENFORCE, SCHEMA, Asker, error_text, folder

pytestmark = pytest.mark.timeout(120)

Serve = Callable[..., Served]
RUNS = 200
ABREAST = 8
FAULTS = (
    *("leaked_channel", "bare_thought", "token_flood", "newline_flood", "unused_tokens"),
    *("tool_as_text", "json_tool_as_text", "dropped_schema", "missing_field"),
    *("prose_around_json", "fenced_json", "cut_json", "empty", "one_token", "one_letter"),
    *("parser_500", "status", "reset", "close", "not_http", "wrong_content_length"),
    *("invalid_json", "malformed_sse", "no_terminal", "duplicate_terminal"),
    *("usage_missing", "usage_wrong"),
)


async def _once(asker: Asker, number: int) -> str:
    """How one call ended, in a word; neither an answer nor a clear error raises."""
    ways = asker.ways()
    try:
        text = await ways[number % len(ways)](f"Tell me of city number {number}, as JSON.")
    except (openai.APIStatusError, ollama.ResponseError) as error:
        told = error_text(error)
        if "broke contract 'strict'" in told:
            return "contract"
        assert "driftgate" in told, told
        assert "upstream 'default'" in told, told
        return "upstream"
    jsonschema.validate(json.loads(text), SCHEMA)
    return "valid"


async def _runs(url: str, model: str) -> "Counter[str]":
    """All runs, a few at a time, and how they ended; what is bad is told with its reason."""
    gate, asker = asyncio.Semaphore(ABREAST), Asker(url, model)

    async def run(number: int) -> str:
        async with gate:
            try:
                return await _once(asker, number)
            except Exception as error:  # noqa: BLE001 - all of them are told at the end
                return f"bad: {type(error).__name__}: {error!s:.300}"

    return Counter(await asyncio.gather(*map(run, range(RUNS))))


@pytest.mark.slow
def test_clients_get_what_they_asked_for_or_a_clear_error(
    proc: Start, serve: Serve, tmp_path: Path
) -> None:
    """30 % of the upstream's answers fail in one of many ways; without driftgate 46 calls do."""
    sim = start_sim(proc, "--fault", f"fault={'|'.join(FAULTS)}; rate=0.3", "--seed", "3")
    served = serve(sim.url, "--contracts", str(folder(tmp_path / "contracts")))
    ended = asyncio.run(_runs(served.url, sim.model))
    assert sum(ended.values()) == RUNS
    assert ended["valid"] + ended["contract"] + ended["upstream"] == RUNS, ended
    assert ended["valid"] >= 0.9 * RUNS, ended
    _check_history(served, ended)


def _check_history(served: Served, ended: "Counter[str]") -> None:
    """Each call is there with what its client saw, and each attempt with its reason."""
    calls = served.ask("SELECT contract, outcome, verdict, count(*) FROM calls GROUP BY ALL")
    assert {contract for contract, *_ in calls} == {"strict"}
    counted = {(outcome, verdict): count for _, outcome, verdict, count in calls}
    assert counted["completed", "pass"] == ended["valid"]
    assert counted.get(("refused", "fail"), 0) == ended["contract"]
    assert sum(counted.values()) == RUNS
    [(missing,)] = served.ask(
        "SELECT count(*) FROM calls WHERE attempts <> (SELECT count(*) FROM attempts"
        " WHERE attempts.call_id = calls.call_id)"
    )
    assert missing == 0
    reasons = dict(served.ask("SELECT reason, count(*) FROM attempts GROUP BY reason"))
    assert reasons["first"] == RUNS
    assert reasons["retry"] > 0
    assert reasons["reask"] > 0
    repairs = {name for (name,) in served.ask("SELECT DISTINCT unnest(repairs) FROM calls")}
    assert {"strip_channel", "extract_json"} <= repairs


def test_a_refused_request_costs_no_token_and_is_recorded(
    sim: Backend, serve: Serve, tmp_path: Path
) -> None:
    text = f"{ENFORCE}[input]\nmax_turns = 1\n"
    served = serve(sim.url, "--contracts", str(folder(tmp_path / "contracts", text)))
    url = f"{served.url}/v1/chat/completions"
    body = json.loads(chat("echo: hi"))
    body["messages"] *= 2
    error = json.loads(post(url, json.dumps(body).encode()))["error"]
    assert error["code"] == "input_contract"
    assert [each["keyword"] for each in error["driftgate"]["violations"]] == ["max_turns"]
    rows = served.ask("SELECT status, outcome, verdict, attempts, violations FROM calls")
    assert rows == [(422, "refused", "fail", 0, 1)]
    assert served.ask("SELECT attempt, keyword FROM violations") == [(0, "max_turns")]
    assert served.ask("SELECT * FROM attempts") == []

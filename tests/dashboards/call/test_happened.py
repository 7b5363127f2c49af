"""What happened in a call, in a sentence, and whose fault it is."""

import json
from typing import Any

import pytest

from driftgate.dashboards.call.happened import Happened, happened


def told(
    violations: tuple[dict[str, Any], ...] = (), response: bytes = b"", **given: Any
) -> Happened:
    row = {
        "outcome": "completed",
        "status": 200,
        "error": None,
        "answer_error": None,
        "contract": "builtin",
        "verdict": "pass",
        "attempts": 1,
        "repairs": None,
        "fallback": None,
        "answer_complete": True,
        "dialect": "chat",
    }
    return happened({**row, **given}, violations, response)


def violation(**given: Any) -> dict[str, Any]:
    row = {"attempt": 1, "path": "text", "reason": "is no JSON", "keyword": "not_json"}
    return {**row, "severity": "error", "source": "contract", **given}


def error(code: str, fault: str) -> bytes:
    return json.dumps(
        {"error": {"message": "x", "code": code, "driftgate": {"fault": fault}}}
    ).encode()


def test_a_good_call_is_told_in_one_sentence() -> None:
    assert told(contract="orders") == Happened(
        "good", "Answered, and the answer keeps the contract orders"
    )


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        ("upstream_refused", "the model server"),
        ("upstream_timeout", "the model server"),
        ("client_gone", "the client's request"),
        ("refused", "driftgate"),
        ("failed", "driftgate"),
    ],
)
def test_each_outcome_says_whose_fault_it_is(outcome: str, fault: str) -> None:
    found = told(outcome=outcome, status=None, error="why it was")
    assert (found.fault, found.why) == (fault, "why it was")


def test_what_driftgate_told_the_client_decides_whose_fault_it_is() -> None:
    found = told(outcome="refused", status=404, response=error("no_upstream", "client"))
    assert found.fault == "the client's request"


def test_an_answer_that_breaks_its_contract_names_the_first_violation() -> None:
    found = told((violation(), violation()), verdict="fail", contract="orders")
    assert (found.tone, found.fault, found.why) == (
        "bad",
        "the model",
        "is no JSON (and 1 more)",
    )


def test_a_constraint_that_the_server_dropped_is_the_servers_fault() -> None:
    wrong = violation(keyword="constraint_dropped", source="request", path="parameters/stop")
    assert told((wrong,), verdict="fail").fault == "the model server"


def test_a_call_that_no_attempt_could_mend_says_so() -> None:
    found = told(
        outcome="refused",
        status=502,
        contract="orders",
        response=error("contract_failed", "upstream"),
    )
    assert "No answer kept the contract orders" in found.headline


def test_a_request_that_breaks_its_contract_is_the_clients_fault() -> None:
    found = told(
        outcome="refused", status=400, contract="orders", response=error("input_contract", "client")
    )
    assert found.fault == "the client's request"


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (404, "the client's request, as the model server says"),
        (429, "the model server"),
        (503, "the model server"),
    ],
)
def test_an_error_of_the_model_server_is_told(status: int, fault: str) -> None:
    assert told(status=status, answer_error="no such model").fault == fault


def test_a_known_failure_behind_an_error_is_told() -> None:
    found = told((violation(keyword="server_parser", source="model"),), status=500, verdict="fail")
    assert (found.fault, found.why) == ("the model server", "is no JSON")


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"fallback": "second/b"}, "Another model answered"),
        ({"repairs": ["extract_json"]}, "after repair"),
        ({"attempts": 3}, "at attempt 3"),
        ({"answer_complete": False}, "has no end"),
    ],
)
def test_an_answer_that_came_the_hard_way_says_so(given: dict[str, Any], word: str) -> None:
    found = told(**given)
    assert word in found.headline
    assert found.tone == "warn"


def test_an_error_in_a_stream_of_status_200_is_an_error() -> None:
    assert told(answer_error="ran out of memory").tone == "bad"

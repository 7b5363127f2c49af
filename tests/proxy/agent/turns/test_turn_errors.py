"""What Codex says of a failed turn, as an error for clients."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.agent.turns.turn_errors import turn_error
from driftgate.proxy.errors import Fault
from tests.support.odd_json import ANY_TEXT, JSON


def told(message: str, info: Any = "other") -> tuple[str, int]:
    error = turn_error({"message": message, "codexErrorInfo": info})
    return error.code, error.status


@pytest.mark.parametrize(
    ("info", "status"),
    [
        ("usageLimitExceeded", 429),
        ("rateLimitExceeded", 429),
        ("serverOverloaded", 503),
        ("modelNotFound", 404),
        ("unauthorized", 401),
        ("internalServerError", 500),
        ({"httpConnectionFailed": {"httpStatusCode": 413}}, 413),
        ({"responseTooManyFailedAttempts": {"httpStatusCode": 429}}, 429),
        ({"httpConnectionFailed": {"httpStatusCode": None}}, 502),
        ({"httpConnectionFailed": {"httpStatusCode": 99}}, 502),
        ("somethingNew", 502),
        (None, 502),
    ],
)
def test_the_model_servers_status_is_kept(info: Any, status: int) -> None:
    assert told("x", info) == ("model_failed", status)


def test_a_body_that_codex_passes_on_was_a_400() -> None:
    assert told('{"error": {"message": "bad"}}') == ("model_failed", 400)
    assert told("{not json") == ("model_failed", 502)


def test_a_context_that_llama_server_calls_full_is_full() -> None:
    body = '{"error": {"code": 400, "message": "too long", "type": "exceed_context_size_error"}}'
    error = turn_error({"message": body, "codexErrorInfo": "other"})
    assert (error.code, error.status, error.fault) == ("context_length_exceeded", 400, Fault.CLIENT)
    assert error.message.endswith("context: too long")


def test_an_address_of_this_proxy_says_nothing_to_a_client() -> None:
    message = 'unexpected status 503 Service Unavailable: {"error":{"message":"busy"}}, url: http://127.0.0.1:1/u/m/v1/responses'
    info = {"httpConnectionFailed": {"httpStatusCode": 503}}
    error = turn_error({"message": message, "codexErrorInfo": info})
    assert error.message.endswith("failed: status 503 Service Unavailable: busy")


def test_codexs_own_words_for_a_500_are_not_passed_on() -> None:
    error = turn_error({"message": "high demand", "codexErrorInfo": "internalServerError"})
    assert error.message.endswith("the model's server answered 500")


def test_too_many_refusals_are_no_fault_of_the_model() -> None:
    assert told("x", "tooManyDenials") == ("turn_interrupted", 503)


def test_no_reason_is_said_so() -> None:
    assert turn_error({}).message.endswith("Codex gave no reason")


@given(st.fixed_dictionaries({"message": ANY_TEXT | JSON, "codexErrorInfo": JSON}))
def test_no_error_is_too_odd(error: dict[str, Any]) -> None:
    found = turn_error(error)
    found.message.encode()
    assert "\n" not in found.message
    assert len(found.message) < 800
    assert 400 <= found.status < 600

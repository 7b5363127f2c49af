"""A failed turn in the words of OpenAI's errors."""

import pytest

from driftgate.proxy.agent.dialects.problem import error_object, response_error
from driftgate.proxy.agent.failures import bad_request, busy, context_full, died
from driftgate.proxy.agent.steps import TurnError


def test_a_client_is_told_whose_fault_it_is() -> None:
    error = error_object(bad_request("no").error)["error"]
    assert error == {
        "message": "no",
        "type": "invalid_request_error",
        "param": None,
        "code": "bad_request",
        "driftgate": {"fault": "client"},
    }
    assert error_object(died("1", "x").error)["error"]["type"] == "server_error"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (bad_request("no").error, "invalid_prompt"),
        (context_full("no").error, "context_length_exceeded"),
        (busy(1, 2).error, "rate_limit_exceeded"),
        (died("1", "x").error, "server_error"),
    ],
)
def test_a_response_fails_with_a_code_that_clients_know(error: TurnError, code: str) -> None:
    told = response_error(error)
    assert (told["code"], told["message"]) == (code, error.message)
    assert told["driftgate"]["code"] == error.code

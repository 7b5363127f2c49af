"""Counts and errors in the words of the Responses dialect."""

import json

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.adapt.usage import code_of, error_object, responses_usage


def test_counts_are_renamed() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    assert responses_usage(usage, None) == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 15,
    }


def test_llama_servers_timings_stand_in() -> None:
    counted = responses_usage(None, {"cache_n": 3, "prompt_n": 7, "predicted_n": 5})
    assert counted is not None
    assert (counted["input_tokens"], counted["output_tokens"]) == (10, 5)
    assert responses_usage(None, None) is None


def test_a_prompt_that_does_not_fit_has_the_code_that_clients_know() -> None:
    said = {"code": 400, "message": "too long", "type": "exceed_context_size_error", "n_ctx": 9}
    told = error_object(400, json.dumps({"error": said}).encode())
    assert (told["code"], told["message"], told["n_ctx"]) == (
        "context_length_exceeded",
        "too long",
        9,
    )
    assert code_of(told) == "context_length_exceeded"


def test_other_servers_errors_get_openais_shape() -> None:
    for body, message in (
        (b'{"error": "no model"}', "no model"),
        (b'{"detail": "bad"}', "bad"),
        (b'{"object": "error", "message": "vLLM"}', "vLLM"),
        (b"<h1>Bad gateway</h1>", "<h1>Bad gateway</h1>"),
        (b"", "the upstream answered 502"),
    ):
        told = error_object(502, body)
        assert (told["message"], told["type"]) == (message, "server_error")
        assert code_of(told) == "server_error"
    assert error_object(429, b"")["code"] == "rate_limit_exceeded"


@given(st.binary(max_size=60), st.integers(400, 599))
def test_any_body_is_an_error(body: bytes, status: int) -> None:
    assert isinstance(error_object(status, body)["message"], str)

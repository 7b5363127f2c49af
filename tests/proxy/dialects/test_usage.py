"""Token counts and speeds, as reported."""

from driftgate.proxy.dialects.meaning import Usage
from driftgate.proxy.dialects.usage import (
    Speed,
    llama_speed,
    ollama_speed,
    ollama_usage,
    openai_usage,
)


def test_both_openai_vocabularies_are_read() -> None:
    chat = {
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "prompt_tokens_details": {"cached_tokens": 3},
    }
    responses = {
        "input_tokens": 1,
        "output_tokens": 2,
        "input_tokens_details": {"cached_tokens": 3},
    }
    assert openai_usage(chat) == openai_usage(responses) == Usage(1, 2, 3)


def test_cached_tokens_are_found_where_servers_put_them() -> None:
    assert openai_usage({"prompt_cache_hit_tokens": 4}).cached_tokens == 4
    assert openai_usage({"prompt_tokens": 9}, {"cache_n": 5}).cached_tokens == 5


def test_nothing_reported_is_nothing() -> None:
    assert openai_usage(None) == openai_usage("x") == openai_usage({}) == Usage()
    assert llama_speed(None) == ollama_speed({}) == Speed()
    assert ollama_usage({"eval_count": "many"}) == Usage()


def test_speeds_are_tokens_per_second() -> None:
    said = {"prompt_per_second": 10, "predicted_per_second": float("nan")}
    assert llama_speed(said) == Speed('{"prompt_per_second":10,"predicted_per_second":null}', 10.0)
    last = {"eval_count": 4, "eval_duration": 2_000_000_000}
    assert ollama_speed(last).predicted == 2.0
    assert ollama_speed({**last, "eval_duration": -1}).predicted is None

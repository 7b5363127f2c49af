"""Requests changed in their dialect's own words."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.dialects.edit import (
    add_format,
    as_bytes,
    is_settable,
    set_model,
    set_parameter,
    unset_parameter,
)

PATHS = {
    "responses": "/v1/responses",
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "ollama_chat": "/api/chat",
    "ollama_generate": "/api/generate",
}
VALUES: dict[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 40,
    "min_p": 0.1,
    "seed": 7,
    "max_tokens": 64,
    "stop": ("a", "b"),
    "num_ctx": 8192,
    "reasoning_effort": "low",
}
SETTABLE = [(d, n) for d in PATHS for n in VALUES if is_settable(d, n)]
SCHEMA = {"type": "object"}


@pytest.mark.parametrize(("dialect", "name"), SETTABLE)
def test_what_is_set_is_read_back_and_what_is_unset_is_gone(
    make: Any, dialect: str, name: str
) -> None:
    given_body = {"model": "m", "options": {"top_k": 1}, "reasoning": {"summary": "auto"}}
    before = copy.deepcopy(given_body)
    body = set_parameter(dialect, given_body, name, VALUES[name])
    assert given_body == before
    parameters = make.call(PATHS[dialect], as_bytes(body)).request.parameters
    assert getattr(parameters, name) == VALUES[name]
    body = unset_parameter(dialect, body, name)
    assert getattr(make.call(PATHS[dialect], body).request.parameters, name) is None
    if name != "top_k":
        assert body == before


def test_only_ollama_has_a_word_for_its_context() -> None:
    assert len(SETTABLE) == 5 * 9 - 3
    body = {"model": "m"}
    assert set_parameter("chat", body, "num_ctx", 1) is body
    assert unset_parameter("chat", body, "num_ctx") is body


@pytest.mark.parametrize(
    ("dialect", "body", "expected"),
    [
        ("chat", {}, {"max_tokens": 5}),
        ("chat", {"max_completion_tokens": 9}, {"max_completion_tokens": 5}),
        ("chat", {"max_tokens": 9, "n_predict": 8}, {"max_tokens": 5, "n_predict": 5}),
        ("chat", {"max_tokens": None}, {"max_tokens": 5}),
        ("responses", {}, {"max_output_tokens": 5}),
        ("responses", {"max_tokens": 9}, {"max_tokens": 5}),
        ("ollama_chat", {"options": None}, {"options": {"num_predict": 5}}),
    ],
)
def test_a_limit_is_set_under_the_keys_that_are_there(
    dialect: str, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert set_parameter(dialect, body, "max_tokens", 5) == expected


def test_reasoning_is_a_flag_or_a_level_in_ollama() -> None:
    for value, expected in (("false", False), ("none", False), ("high", "high")):
        body = set_parameter("ollama_chat", {}, "reasoning_effort", value)
        assert body == {"think": expected}


def test_an_effort_is_set_and_unset_where_openrouter_has_it() -> None:
    body = set_parameter("chat", {"reasoning": {"effort": "high"}}, "reasoning_effort", "low")
    assert body == {"reasoning": {"effort": "low"}, "reasoning_effort": "low"}
    assert unset_parameter("chat", body, "reasoning_effort") == {"reasoning": {}}


@pytest.mark.parametrize("dialect", PATHS)
def test_the_model_is_read_back(make: Any, dialect: str) -> None:
    body = set_model(dialect, {"name": "old", "stream": True}, "new")
    assert make.call(PATHS[dialect], body).request.parameters.model == "new"
    assert ("name" in body) != dialect.startswith("ollama")


@pytest.mark.parametrize("dialect", PATHS)
def test_a_format_is_read_back_and_keeps_its_neighbours(make: Any, dialect: str) -> None:
    body = add_format(dialect, {"text": {"verbosity": "low"}}, "answer", SCHEMA)
    parameters = make.call(PATHS[dialect], body).request.parameters
    assert parameters.response_format == "json_schema"
    assert json.loads(parameters.response_schema) == SCHEMA
    assert body["text"]["verbosity"] == "low"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_bytes_are_the_same_values_in_the_same_order(body: dict[str, Any]) -> None:
    read = json.loads(as_bytes(body))
    assert read == body
    assert list(read) == list(body)


def test_bytes_are_compact_utf_8_and_keep_lone_surrogates_as_escapes() -> None:
    assert as_bytes({"a": ["ä", 1.0]}) == '{"a":["ä",1.0]}'.encode()
    assert as_bytes({"a": "\ud800"}) == b'{"a":"\\ud800"}'


@pytest.mark.parametrize(
    ("dialect", "body", "expected"),
    [
        ("chat", {}, {"repeat_penalty": 1.1}),
        ("chat", {"repetition_penalty": 2}, {"repetition_penalty": 1.1}),
        ("responses", {"repeat_penalty": 2}, {"repeat_penalty": 1.1}),
        ("ollama_chat", {}, {"options": {"repeat_penalty": 1.1}}),
    ],
)
def test_a_penalty_is_set_under_the_key_that_is_there(
    dialect: str, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    changed = set_parameter(dialect, body, "repeat_penalty", 1.1)
    assert changed == expected
    emptied: dict[str, Any] = {"options": {}} if "options" in expected else {}
    assert unset_parameter(dialect, changed, "repeat_penalty") == emptied

"""Tool calls that are written as text."""

import pytest

from driftgate.contracts.builtin.textual_call import written_call
from driftgate.contracts.exchange import Asked
from driftgate.proxy.dialects.meaning import Answer, Parameters

CALL = '{"name": "get_weather", "arguments": {"city": "Rome"}}'


def called(text: str, *names: str, schema: str | None = None) -> bool:
    parameters = Parameters(tool_names=names or None, response_schema=schema)
    asked = Asked("chat", "/v1/chat/completions", parameters)
    return written_call(asked, Answer(text=text)) is not None


def test_the_call_is_named() -> None:
    asked = Asked("chat", "/", Parameters(tool_names=("get_weather",)))
    found = written_call(asked, Answer(text=CALL))
    assert found is not None
    assert "'get_weather'" in found.reason


def test_a_call_in_the_notation_of_gemma_counts_whatever_its_name() -> None:
    assert called("<|tool_call>call:other{a:1}<tool_call|>", "get_weather")


@pytest.mark.parametrize(
    "text",
    ["call:other{a:1}", '{"name": "Ann", "arguments": []}', '{"name": "get_weather"}',
     'Call it with {"name": "get_weather", "arguments": {}} then.', "call: get_weather {", "[]", "{",
     "The call:get_weather{} notation", '[{"name": "get_weather", "arguments": {}}, {"name": "Ann"}]',
     "Gemma writes `<|tool_call>call:get_weather{}<tool_call|>`.", '{"name": ["get_weather"], "input": 1}'],
)  # fmt: skip
def test_what_only_looks_like_a_call_is_none(text: str) -> None:
    assert not called(text, "get_weather")


def test_without_tools_on_offer_nobody_meant_a_call() -> None:
    assert not called(CALL)
    assert not called("<|tool_call>call:get_weather{}<tool_call|>")


def test_json_that_was_asked_for_by_schema_is_no_call() -> None:
    assert not called(CALL, "get_weather", schema="{}")
    assert called(CALL, "get_weather")


def test_a_tool_of_a_namespace_is_known_by_its_own_name() -> None:
    assert called('{"name": "spawn_agent", "arguments": {}}', "multi_agent_v1.spawn_agent")


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"name":' * 50_000 + '"arguments"', "```" * 50_000]
)
def test_hostile_texts_are_no_calls(text: str) -> None:
    assert not called(text + '"name" "arguments"', "get_weather")

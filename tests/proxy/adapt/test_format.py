"""A schema said as `response_format`: when, and in which words."""

from typing import Any

import pytest

from driftgate.proxy.adapt.format import adapt_format

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
# As the Codex CLI writes it.
FORMAT = {"type": "json_schema", "strict": True, "schema": SCHEMA, "name": "codex_output_schema"}
TOOLS = [{"type": "function", "name": "f"}]
SAID = {
    "type": "json_schema",
    "json_schema": {"name": "codex_output_schema", "strict": True, "schema": SCHEMA},
}


def body(**more: Any) -> dict[str, Any]:
    return {"input": "hi", "text": {"format": FORMAT}, **more}


def test_without_tools_it_is_always_said() -> None:
    assert adapt_format(body()) == {**body(), "response_format": SAID}
    assert adapt_format(body(tools=[]))["response_format"] == SAID
    assert adapt_format(body(tools=TOOLS, tool_choice="none"))["response_format"] == SAID


def test_with_tools_only_when_asked_again() -> None:
    assert adapt_format(body(tools=TOOLS)) == body(tools=TOOLS)
    assert adapt_format(body(tools=TOOLS), reasked=True)["response_format"] == SAID


def test_what_the_client_says_itself_stays() -> None:
    mine = body(response_format={"type": "text"})
    assert adapt_format(mine) is mine


@pytest.mark.parametrize("text", [None, 3, {}, {"format": None}, {"format": {"type": "text"}}])
def test_plain_text_adds_nothing(text: Any) -> None:
    asked = {"input": "hi", "text": text}
    assert adapt_format(asked) is asked


def test_a_format_without_a_name_gets_one() -> None:
    asked = {"text": {"format": {"type": "json_schema", "schema": SCHEMA}}}
    assert adapt_format(asked)["response_format"]["json_schema"]["name"] == "answer"
    asked = {"text": {"format": {"type": "json_object"}}}
    assert adapt_format(asked)["response_format"] == {"type": "json_object"}

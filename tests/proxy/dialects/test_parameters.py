"""What the OpenAI-like dialects share in the way they ask."""

from driftgate.proxy.dialects.parameters import (
    openai_parameters,
    response_format,
    tool_choice,
    tool_names,
)


def test_each_kind_of_tool_has_a_name() -> None:
    tools = [
        {"type": "function", "function": {"name": "nested"}},
        {"type": "function", "name": "flat"},
        {"type": "custom", "name": "patch"},
        {"type": "web_search"},
        {"type": "namespace", "name": "n", "tools": [{"name": "a"}, 5]},
        {},
        "junk",
    ]
    assert tool_names(tools) == ("nested", "flat", "patch", "web_search", "n.a", "n.?", "?")
    assert tool_names([]) == ()
    assert tool_names(None) is None


def test_a_choice_is_a_word_or_a_tool() -> None:
    assert tool_choice("auto") == "auto"
    assert tool_choice({"type": "function", "function": {"name": "f"}}) == "f"
    assert tool_choice({"type": "web_search"}) == "web_search"
    assert tool_choice(5) is None


def test_the_three_ways_of_asking_for_a_schema_are_one() -> None:
    schema = {"b": 1, "a": 2}
    for asked in (
        {"type": "json_schema", "schema": schema},
        {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}},
    ):
        assert response_format(asked) == ("json_schema", '{"a":2,"b":1}')
    assert response_format({"type": "json_object", "schema": True}) == ("json_object", "true")
    assert response_format("json") == (None, None)


def test_nothing_is_filled_in() -> None:
    read = openai_parameters({"model": None, "unknown": 1}, max_tokens=None, asked_format=None)
    assert read == type(read)()

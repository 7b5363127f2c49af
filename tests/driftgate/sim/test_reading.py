"""Members that the dialects share, from strangers."""

from typing import Any

import pytest

from driftgate.sim import reading
from driftgate.sim.ask import SimError


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a", "a"),
        ([{"type": "input_text", "text": "a"}, {"type": "text", "text": "b"}, "c"], "abc"),
        (None, ""),
        ([None, 3, {"text": None}], ""),
    ],
)
def test_text_is_found_in_strings_and_parts(content: Any, text: str) -> None:
    assert reading.text_of(content) == text


@pytest.mark.parametrize("value", ["5", True, 1.5, float("nan"), float("inf"), [1]])
def test_what_is_no_integer_is_refused_by_name(value: Any) -> None:
    with pytest.raises(SimError, match="'seed' must be an integer"):
        reading.whole({"seed": value}, "seed")


def test_the_first_member_that_is_there_counts() -> None:
    assert reading.whole({"a": None, "b": 2.0, "c": 3}, "a", "b", "c") == 2


def test_tools_are_read_flat_nested_and_in_a_namespace() -> None:
    declared = [
        {"type": "function", "name": "flat"},
        {"type": "function", "function": {"name": "nested"}},
        {"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "inner"}]},
        {"type": "web_search"},
        {"type": "custom", "name": "apply_patch"},
        None,
    ]
    assert [(t.name, t.namespace) for t in reading.tools(declared)] == [
        ("flat", None),
        ("nested", None),
        ("inner", "n"),
    ]


@pytest.mark.parametrize(
    ("value", "choice"),
    [
        ("required", "required"),
        ({"type": "function", "name": "f"}, "f"),
        ({"type": "function", "function": {"name": "f"}}, "f"),
        (3, "auto"),
    ],
)
def test_a_tool_choice_is_read_in_both_forms(value: Any, choice: str) -> None:
    assert reading.tool_choice(value) == choice


def test_a_schema_is_found_in_both_forms() -> None:
    schema = {"type": "object"}
    flat = {"type": "json_schema", "schema": schema}
    nested = {"type": "json_schema", "json_schema": {"schema": schema}}
    assert reading.wanted_format(flat) == reading.wanted_format(nested) == (schema, False)
    assert reading.wanted_format({"type": "json_object"}) == (None, True)
    with pytest.raises(SimError, match="has no schema"):
        reading.wanted_format({"type": "json_schema"})


@pytest.mark.parametrize(
    ("body", "thinks"),
    [
        ({}, False),
        ({"reasoning": {"effort": "low"}}, True),
        ({"reasoning": {"effort": "none"}}, False),
        ({"reasoning_effort": "high"}, True),
        ({"reasoning": {"summary": "auto"}}, True),
        ({"reasoning": {"summary": "none"}}, False),
        ({"chat_template_kwargs": {"enable_thinking": True}}, True),
    ],
)
def test_reasoning_is_given_when_asked_for(body: Any, thinks: bool) -> None:
    assert reading.thinks(body) == thinks

"""What is read of tools, in the forms of the dialects; hostile ones are passed over."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.builtin.tool_texts import function_texts, tool_texts

PARAMETERS = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "Which city"},
        "units": {"type": "array", "items": {"enum": ["metric", "imperial", 1]}},
    },
}
RUN = {"name": "run", "description": "Runs it", "parameters": PARAMETERS}
TEXTS = ["run", "Runs it", "city", "Which city", "units", "metric", "imperial"]


@pytest.mark.parametrize(
    "tool", [{"type": "function", **RUN}, {"type": "function", "function": RUN}]
)
def test_names_descriptions_properties_and_enums_are_read(tool: object) -> None:
    assert function_texts(json.dumps([tool]).encode()) == TEXTS


@pytest.mark.parametrize("kind", ["namespace", "custom", "web_search"])
def test_other_types_of_tools_are_not_read(kind: str) -> None:
    assert function_texts(json.dumps([{**RUN, "type": kind, "tools": [RUN]}]).encode()) == []


@pytest.mark.parametrize(
    ("tool", "texts"),
    [
        ({"type": "function", **RUN}, TEXTS),
        ({"type": "namespace", "name": "files", "tools": [RUN, {"type": "web_search"}]}, TEXTS),
        ({**RUN, "type": "custom"}, TEXTS[:2]),
        ({"type": "custom", "custom": RUN}, TEXTS[:2]),
        ({"type": "web_search"}, []),
        ({"type": ["namespace"], "tools": [RUN]}, []),
    ],
)
def test_of_all_tools_those_are_read_that_a_model_can_be_told_of(
    tool: object, texts: list[str]
) -> None:
    assert tool_texts(json.dumps([tool]).encode()) == texts


@given(st.binary() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps).map(str.encode))
def test_what_cannot_be_read_has_no_texts(tools: bytes) -> None:
    assert function_texts(tools) == tool_texts(tools) == []


def test_a_schema_that_is_nested_deeply_is_read_up_to_a_limit() -> None:
    schema: dict[str, object] = {"description": "x"}
    for _ in range(300):
        schema = {"items": schema}
    assert function_texts(json.dumps([{"name": "run", "parameters": schema}]).encode()) == ["run"]

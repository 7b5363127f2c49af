"""Custom tools are known in each place where they stand."""

from typing import Any

from driftgate.proxy.dialects.custom_tools import custom_tools, is_custom
from driftgate.proxy.dialects.meaning import ToolCall

TOOLS: list[Any] = [
    {"type": "custom", "name": "a"},
    {"type": "custom", "custom": {"name": "b"}},
    {"type": "function", "name": "c"},
    {"type": "namespace", "name": "n", "tools": [{"type": "custom", "name": "d"}, 7]},
    {"type": "custom", "name": 5},
    "no tool",
]


def test_custom_tools_are_found_in_both_dialects_and_in_namespaces() -> None:
    names = custom_tools({"tools": TOOLS})
    assert names == {(None, "a"), (None, "b"), ("n", "d")}
    assert is_custom(ToolCall("d", "", None, "n"), names)
    assert not is_custom(ToolCall("d", ""), names)


def test_a_request_without_tools_has_none() -> None:
    assert custom_tools({}) == custom_tools({"tools": {"type": "custom"}}) == frozenset()

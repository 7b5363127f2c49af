"""A contract's rules on tool calls."""

from typing import Any

import pytest

from driftgate.contracts.contract import Tools
from driftgate.contracts.tools_rule import tools_rule_findings
from tests.contracts.exchanges import answered, call, told


@pytest.mark.parametrize(
    ("rules", "calls", "expected"),
    [
        ({}, ["run"], []),
        ({"names": ["exec_*"]}, ["exec_command"], []),
        ({"names": ["exec_*"]}, ["exec_a", "run"], [("tools_names", "tool_calls/1/name")]),
        ({"names": []}, ["run"], [("tools_names", "tool_calls/0/name")]),
        ({"forbidden": True}, ["run"], [("tools_forbidden", "tool_calls")]),
        ({"forbidden": True}, [], []),
        ({"required": True}, [], [("tools_required", "tool_calls")]),
        ({"required": True}, ["run"], []),
        ({"max_calls": 1}, ["a", "b"], [("max_calls", "tool_calls")]),
        ({"max_calls": 2}, ["a", "b"], []),
    ],
)
def test_each_rule_on_tool_calls(rules: Any, calls: list[str], expected: Any) -> None:
    answer = answered("text", *[call(name) for name in calls]).answer
    assert told(tools_rule_findings(Tools(**rules), answer)) == expected


def test_a_namespaced_call_matches_with_and_without_its_namespace() -> None:
    answer = answered(None, call("list", namespace="mcp")).answer
    assert tools_rule_findings(Tools(names=("mcp.*",)), answer) == []
    assert tools_rule_findings(Tools(names=("list",)), answer) == []


def test_a_required_call_is_not_missed_in_an_answer_that_was_cut() -> None:
    answer = answered("Let me", finish_reason="length").answer
    assert tools_rule_findings(Tools(required=True), answer) == []

"""A contract's rules on tool calls."""

from typing import Any

import pytest

from driftgate.contracts.contract import Tools
from driftgate.contracts.judge import judge
from driftgate.contracts.tools_rule import tools_rule_findings
from tests.contracts.exchanges import answered, asked, call, contract, told


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


COMMAND = {
    "type": "object",
    "properties": {"cmd": {"type": "string", "maxLength": 5}},
    "required": ["cmd"],
}
PATH = "tool_calls/0/arguments"


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("exec_a", {"cmd": "ls"}, []),
        ("exec_a", {"cmd": "rm -rf"}, [("maxLength", f"{PATH}/cmd")]),
        ("exec_a", {"cmd": 1}, [("type", f"{PATH}/cmd")]),
        ("exec_a", "", [("required", PATH)]),
        ("exec_a", "[]", [("type", PATH)]),
        ("exec_a", "{cmd: ls", [("invalid_arguments", PATH)]),
        ("exec_a", "[" * 5000, [("invalid_arguments", PATH)]),
        ("run", {"cmd": 1}, []),
        ("exec_all", {"cmd": "rm -rf"}, [("maxLength", f"{PATH}/cmd"), ("const", f"{PATH}/cmd")]),
    ],
)
def test_arguments_keep_the_schemas_of_their_tool(
    name: str, arguments: Any, expected: list[tuple[str, str]]
) -> None:
    every = {"properties": {"cmd": {"const": "ls"}}}
    rules = Tools(arguments={"exec_*": COMMAND, "exec_all": every})
    found = tools_rule_findings(rules, answered(None, call(name, arguments)).answer)
    assert told(found) == expected
    assert all(violation.source.value == "contract" for violation in found)


def test_arguments_of_a_namespaced_call_are_judged_by_either_name() -> None:
    answer = answered(None, call("list", {}, namespace="mcp")).answer
    for pattern, expected in (("mcp.*", 1), ("list", 1), ("other.*", 0)):
        assert len(tools_rule_findings(Tools(arguments={pattern: COMMAND}), answer)) == expected


def test_arguments_that_are_no_json_are_told_once() -> None:
    offered = [{"type": "function", "function": {"name": "run", "parameters": {}}}]
    made = contract(output={"tools": {"arguments": {"run": COMMAND}}})
    found = judge(asked(tools=offered), answered(None, call("run", "{")), made).violations
    assert told(found) == [("invalid_arguments", PATH)]

"""Tool calls against the tools that were offered."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.builtin.tools import offered, tool_findings
from tests.contracts.exchanges import answered, asked, call, told

SCHEMA = {
    "type": "object",
    "properties": {"cmd": {"type": "string"}, "n": {"type": "integer"}},
    "required": ["cmd"],
}
CHAT = {"type": "function", "function": {"name": "run", "parameters": SCHEMA}}
FLAT = {"type": "function", "name": "run", "parameters": SCHEMA}
SPACE = {"type": "namespace", "name": "mcp", "tools": [{**FLAT, "name": "list"}]}
CUSTOM = {"type": "custom", "name": "apply_patch", "format": {"type": "grammar"}}
BARE = {"type": "function", "function": {"name": "now"}}


@pytest.mark.parametrize(
    ("tool", "names"),
    [
        (CHAT, {"run": json.dumps(SCHEMA)}),
        (FLAT, {"run": json.dumps(SCHEMA)}),
        (BARE, {"now": "{}"}),
        (SPACE, {"mcp.list": json.dumps(SCHEMA)}),
        (CUSTOM, {"apply_patch": None}),
        ({"type": "custom", "custom": {"name": "free"}}, {"free": None}),
        ({"type": "web_search"}, {"web_search": None}),
        ("no tool", {}),
        ({"type": 7}, {}),
    ],
)
def test_each_shape_of_a_tool_is_read(tool: Any, names: dict[str, Any]) -> None:
    assert offered(json.dumps([tool]).encode()).names == names


@given(st.binary() | st.text(alphabet='[]{}":,ntyame0').map(str.encode))
def test_no_tools_array_raises(data: bytes) -> None:
    assert isinstance(offered(data).readable, bool)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (call("run", {"cmd": "ls"}), []),
        (call("list", {"cmd": "ls"}, namespace="mcp"), []),
        (call("mcp.list", {"cmd": "ls"}), []),
        (call("list", {"cmd": "ls"}), []),
        (call("apply_patch", "*** Begin Patch, no JSON"), []),
        (call("now", ""), []),
        (call("rum", {"cmd": "ls"}), [("unknown_tool", "tool_calls/0/name")]),
        (call("", {}), [("missing_name", "tool_calls/0/name")]),
        (call("run", {"cmd": "ls"}, None), [("missing_call_id", "tool_calls/0/id")]),
        (call("run", '{"cmd": "l'), [("invalid_arguments", "tool_calls/0/arguments")]),
        (call("now", "[1]"), [("invalid_arguments", "tool_calls/0/arguments")]),
        (call("run", "[" * 100_000), [("invalid_arguments", "tool_calls/0/arguments")]),
        (call("run", {"cmd": 7}), [("type", "tool_calls/0/arguments/cmd")]),
        (call("run", {}), [("required", "tool_calls/0/arguments")]),
        (call("run", ""), [("required", "tool_calls/0/arguments")]),
    ],
)
def test_a_call_is_judged_by_the_tool_it_means(made: Any, expected: Any) -> None:
    request = asked(tools=[CHAT, SPACE, CUSTOM, BARE])
    assert told(tool_findings(request, answered(None, made))) == expected


def test_a_call_without_any_tools_offered_is_unknown() -> None:
    assert told(tool_findings(asked(), answered(None, call("run")))) == [
        ("unknown_tool", "tool_calls/0/name")
    ]


@pytest.mark.parametrize(
    "request_",
    [
        asked(body={"functions": [{"name": "run"}]}),
        asked("ollama_chat", tools={"not": "a list"}),
    ],
    ids=["functions", "no list"],
)
def test_tools_that_cannot_be_read_allow_any_name(request_: Any) -> None:
    assert tool_findings(request_, answered(None, call("run", call_id=None))) == []


def test_ollamas_calls_need_no_id() -> None:
    request = asked("ollama_chat", tools=[CHAT])
    assert tool_findings(request, answered(None, call("run", {"cmd": "ls"}, None))) == []


def test_an_id_used_twice_is_found() -> None:
    twice = answered(None, call("run", {"cmd": "a"}), call("run", {"cmd": "b"}))
    assert told(tool_findings(asked(tools=[CHAT]), twice)) == [
        ("duplicate_call_id", "tool_calls/1/id")
    ]


def test_a_tools_broken_schema_is_a_warning_only() -> None:
    tool = {"type": "function", "name": "run", "parameters": {"type": 7}}
    found = tool_findings(asked(tools=[tool]), answered(None, call("run", {"cmd": 1})))
    assert [(v.keyword, v.severity.value) for v in found] == [("schema_invalid", "warning")]


def test_hundreds_of_calls_are_judged_up_to_a_limit() -> None:
    calls = [call("nope", {}, f"c{n}") for n in range(1_000)]
    assert len(tool_findings(asked(tools=[CHAT]), answered(None, *calls))) == 128

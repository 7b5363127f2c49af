"""Tools that a server does not know: flattened or dropped."""

from typing import Any

import pytest

from driftgate.proxy.adapt.tools import flatten_tools

PLAIN = {"type": "function", "name": "exec_command", "parameters": {"type": "object"}}
PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Patches files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: /x+/"},
}
AGENTS = {
    "type": "namespace",
    "name": "multi_agent_v1",
    "tools": [{"type": "function", "name": "spawn_agent", "parameters": {"type": "object"}}],
}
SEARCH = {"type": "web_search", "external_web_access": False}
BODY: dict[str, Any] = {"model": "m", "input": "hi", "tools": [PLAIN, AGENTS, PATCH, SEARCH]}


def test_flatten_gives_functions_only() -> None:
    body, tools = flatten_tools(BODY, "flatten")
    assert [(t["type"], t["name"]) for t in body["tools"]] == [
        ("function", "exec_command"),
        ("function", "multi_agent_v1__spawn_agent"),
        ("function", "apply_patch"),
    ]
    assert body["tools"][0] == PLAIN
    patch = body["tools"][2]
    assert patch["parameters"]["required"] == ["input"]
    assert "lark grammar:\nstart: /x+/" in patch["description"]
    assert tools.dropped == ("web_search",)


def test_drop_leaves_plain_functions_and_says_what_went() -> None:
    body, tools = flatten_tools(BODY, "drop")
    assert body["tools"] == [PLAIN]
    assert tools.dropped == ("namespace multi_agent_v1", "custom apply_patch", "web_search")


def test_what_needs_no_change_is_not_changed() -> None:
    assert flatten_tools(BODY, "keep")[0] is BODY
    plain = {"tools": [PLAIN], "tool_choice": "auto", "input": [{"role": "user", "content": "hi"}]}
    assert flatten_tools(plain, "flatten")[0] is plain


def test_the_clients_request_is_not_changed() -> None:
    before = repr(BODY)
    flatten_tools(BODY, "flatten")
    assert repr(BODY) == before


@pytest.mark.parametrize(
    ("choice", "flattened", "dropped"),
    [
        ("required", "required", "required"),
        ({"type": "function", "name": "exec_command"}, {"type": "function", "name": "exec_command"}, {"type": "function", "name": "exec_command"}),
        ({"type": "custom", "name": "apply_patch"}, {"type": "function", "name": "apply_patch"}, "auto"),
        ({"type": "web_search"}, "auto", "auto"),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "custom", "name": "apply_patch"}, {"type": "web_search"}]},
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "apply_patch"}]},
            "auto",
        ),
    ],
)  # fmt: skip
def test_a_choice_of_a_tool_that_went_is_auto(choice: Any, flattened: Any, dropped: Any) -> None:
    body = {**BODY, "tool_choice": choice}
    assert flatten_tools(body, "flatten")[0]["tool_choice"] == flattened
    assert flatten_tools(body, "drop")[0]["tool_choice"] == dropped


def test_without_any_tool_left_nothing_speaks_of_tools() -> None:
    body = {"tools": [SEARCH], "tool_choice": "required", "parallel_tool_calls": True, "input": ""}
    assert flatten_tools(body, "flatten")[0] == {"input": ""}


@pytest.mark.parametrize("tools", [None, "x", [None, 3, {}], [{"type": "namespace", "tools": 3}]])
def test_strange_tools_do_not_raise(tools: Any) -> None:
    for how in ("flatten", "drop"):
        flatten_tools({"tools": tools, "tool_choice": {"name": []}, "input": [None, 3]}, how)

"""Tools on offer, replaced or left out, in each dialect's shape."""

from typing import Any

import pytest

from driftgate.replay.candidate.config import Tools
from driftgate.replay.candidate.tools import with_tools

FLAT = {"type": "function", "name": "look", "parameters": {}, "strict": False}
NESTED = {"type": "function", "function": {"name": "look", "parameters": {}, "strict": False}}
SPACE: dict[str, Any] = {
    "type": "namespace",
    "name": "agents",
    "tools": [{"type": "function", "name": "open"}, {"type": "function", "name": "close"}],
}
OLD = {"type": "function", "name": "old"}


@pytest.mark.parametrize(
    ("dialect", "shape"), [("responses", FLAT), ("chat", NESTED), ("ollama_chat", NESTED)]
)
@pytest.mark.parametrize("given", [FLAT, NESTED])
def test_functions_are_declared_as_the_dialect_declares_them(
    dialect: str, shape: Any, given: Any
) -> None:
    told = with_tools(dialect, {"tools": [OLD]}, Tools(replace=(given,)))
    assert told == {"tools": [shape]}
    assert with_tools(dialect, {}, Tools(replace=(given,))) == {"tools": [shape]}


def test_tools_are_left_out_by_name_namespace_and_type() -> None:
    body = {"tools": [FLAT, SPACE, {"type": "web_search"}, OLD]}
    told = with_tools("responses", body, Tools(drop=("look", "web_search", "agents.open")))
    assert told["tools"] == [{**SPACE, "tools": SPACE["tools"][1:]}, OLD]
    assert with_tools("responses", body, Tools(drop=("agents",)))["tools"][1]["type"] != "namespace"
    both = Tools(drop=("agents.open", "agents.close"))
    assert SPACE["name"] not in str(with_tools("responses", body, both))


def test_without_any_tool_nothing_speaks_of_tools() -> None:
    body = {"tools": [NESTED], "tool_choice": "auto", "parallel_tool_calls": True, "seed": 1}
    assert with_tools("chat", body, Tools(drop=("look",))) == {"seed": 1}
    assert with_tools("chat", body, Tools(replace=())) == {"seed": 1}


@pytest.mark.parametrize(
    ("choice", "stays"),
    [
        ("required", True),
        ({"type": "function", "name": "old"}, True),
        ({"type": "function", "function": {"name": "old"}}, True),
        ({"type": "function", "name": "look"}, False),
        ({"type": "function", "name": "open", "namespace": "agents"}, True),
        ({"type": "allowed_tools", "tools": [{"type": "function", "name": "look"}]}, False),
        ({"type": "allowed_tools", "allowed_tools": {"tools": [OLD]}}, True),
    ],
)
def test_a_choice_that_cannot_be_made_any_more_becomes_auto(choice: Any, stays: bool) -> None:
    body = {"tools": [OLD, FLAT, SPACE], "tool_choice": choice}
    told = with_tools("responses", body, Tools(drop=("look",)))
    assert told["tool_choice"] == (choice if stays else "auto")


def test_nothing_to_change_gives_the_same_object() -> None:
    for body in ({"tools": [OLD]}, {}, {"tools": None}):
        assert with_tools("responses", body, Tools(drop=("look",))) is body
    generate = {"prompt": "x"}
    assert with_tools("ollama_generate", generate, Tools(replace=(FLAT,))) is generate

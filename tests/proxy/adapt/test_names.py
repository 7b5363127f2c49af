"""Flat names: within a function's limits, unique, and the same each time."""

import re

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.adapt.names import NAME_LIMIT, Origin, flat_name, tool_map

_NAME = st.text(max_size=70) | st.sampled_from(["a", "b", "a__b", "x" * 80])
_TOOL = st.builds(
    lambda kind, name: {"type": kind, "name": name}, st.sampled_from(["function", "custom"]), _NAME
)
_DECLARED = st.lists(
    _TOOL
    | st.builds(
        lambda name, tools: {"type": "namespace", "name": name, "tools": tools},
        _NAME,
        st.lists(_TOOL, max_size=4),
    ),
    max_size=6,
)


def test_a_namespaced_tool_is_named_after_both() -> None:
    tools = tool_map(
        [{"type": "namespace", "name": "agents", "tools": [{"type": "function", "name": "spawn"}]}]
    )
    assert tools.sent_name("agents", "spawn") == "agents__spawn"
    assert tools.origins == {"agents__spawn": Origin("function", "spawn", "agents")}


def test_a_name_that_is_taken_gets_a_mark() -> None:
    declared = [{"type": "function", "name": "patch"}, {"type": "custom", "name": "patch"}]
    (sent,) = tool_map(declared).origins
    assert re.fullmatch(r"patch_[0-9a-f]{8}", sent)


@given(_DECLARED)
def test_sent_names_are_short_unique_and_lead_back(declared: list[object]) -> None:
    tools = tool_map(declared)
    plain = {t["name"] for t in declared if isinstance(t, dict) and t["type"] == "function"}
    assert not plain & set(tools.origins)
    for sent in tools.origins:
        assert re.fullmatch(r"[a-zA-Z0-9_-]{0,64}", sent)
    for (namespace, name), sent in tools.sent.items():
        assert (tools.origins[sent].namespace, tools.origins[sent].name) == (namespace, name)
    assert tool_map(declared) == tools


@given(st.none() | st.text(max_size=80), st.text(max_size=80))
def test_any_flat_name_is_within_the_limit(namespace: str | None, name: str) -> None:
    assert len(flat_name(namespace, name)) <= NAME_LIMIT

"""Tool calls: names, arguments, order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.compare import features as features_module
from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.tools import tool_aspects
from tests.replay.compare.answers import features

LS, PWD, READ = ("exec", '{"cmd": "ls"}'), ("exec", '{"cmd": "pwd"}'), ("read", '{"path": "a"}')
calls = st.lists(st.sampled_from([LS, PWD, READ, ("read", "not json")]), max_size=5)


def test_answers_without_tools_have_no_such_aspect() -> None:
    assert tool_aspects(features("a"), features("b")) == {}


def test_another_tool_is_told_by_name() -> None:
    found = tool_aspects(features("", READ), features("", LS))
    assert found == {"tool_names": Aspect(1.0, "calls read against exec")}
    none = tool_aspects(features("", READ, READ), features("text"))
    assert none == {"tool_names": Aspect(1.0, "calls read x 2 against no tool")}


def test_names_are_compared_as_often_as_they_occur() -> None:
    found = tool_aspects(features("", LS, LS, READ), features("", LS, READ))
    assert found["tool_names"].distance == pytest.approx(1 / 3)
    assert found["tool_names"].reason == "calls exec x 2, read against exec, read"


def test_other_arguments_are_told_with_the_tool_and_the_pointer() -> None:
    found = tool_aspects(features("", LS), features("", PWD))
    assert found["tool_names"] == Aspect(0.0)
    assert found["tool_arguments"] == Aspect(1.0, 'exec: /cmd: "ls" against "pwd"')


def test_equal_calls_belong_together_wherever_they_stand() -> None:
    found = tool_aspects(features("", LS, PWD, READ), features("", READ, PWD, LS))
    assert found["tool_names"] == found["tool_arguments"] == Aspect(0.0)
    assert found["tool_order"].distance == 1
    assert "3 of 3 pairs" in found["tool_order"].reason


def test_what_is_left_belongs_together_as_it_comes() -> None:
    other = ("exec", '{"cmd": "id"}')
    found = tool_aspects(features("", LS, PWD), features("", other, LS))
    assert found["tool_arguments"] == Aspect(0.5, 'exec: /cmd: "pwd" against "id"')


def test_a_namespace_is_part_of_the_name() -> None:
    one, other = features("", LS), features("", LS)
    one.answer.tool_calls[0].namespace = "shell"
    assert tool_aspects(one, other)["tool_names"].reason == "calls shell.exec against exec"


def test_of_a_flood_of_calls_only_the_first_ones_arguments_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(features_module, "MAX_CALLS", 2)
    found = tool_aspects(features("", LS, LS, LS), features("", LS, LS, PWD))
    assert found["tool_names"].distance == found["tool_arguments"].distance == 0


@given(calls, calls)
def test_aspects_are_symmetric_and_equal_calls_are_alike(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    first, second = features("", *one), features("", *other)
    found, back = tool_aspects(first, second), tool_aspects(second, first)
    assert {k: v.distance for k, v in found.items()} == {k: v.distance for k, v in back.items()}
    assert all(0 <= aspect.distance <= 1 for aspect in found.values())
    assert all(bool(aspect.reason) == (aspect.distance > 0) for aspect in found.values())
    assert all(aspect.distance == 0 for aspect in tool_aspects(first, first).values())

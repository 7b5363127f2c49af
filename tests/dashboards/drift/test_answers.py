"""Answers beside each other."""

from driftgate.dashboards.call.texts import Budget
from driftgate.dashboards.drift.answers import TOOLS, card, difference, key
from driftgate.proxy.dialects.meaning import ToolCall
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from tests.replay.trajectory.made import answer as whole
from tests.replay.trajectory.made import trajectory, turn


def test_a_card_has_text_reasoning_and_tools_with_arguments_a_person_can_read() -> None:
    tool = ToolCall("look", '{"b":1}')
    made = card(
        Answer("c", Arm.BASELINE, 2, text="hi", reasoning="hm", tool_calls=(tool,)), Budget()
    )
    assert (made.key, made.name) == ("baseline-2", "baseline 2")
    assert (made.text.shown, made.reasoning.shown) == ("hi", "hm")
    assert made.tools[0].arguments.shown == '{\n  "b": 1\n}'
    assert made.trajectory is None


def test_more_tool_calls_than_fit_are_counted() -> None:
    many = (ToolCall("look", ""),) * (TOOLS + 3)
    assert card(Answer("c", Arm.BASELINE, tool_calls=many), Budget()).more_tools == 3


def test_two_answers_are_alike_or_differ_line_by_line() -> None:
    ours, theirs = Answer("a", Arm.RECORD, text="x\ny"), Answer("b", Arm.CANDIDATE, text="x\nz")
    assert difference(ours, ours, ("a", "b"), whole=False).alike
    found = difference(ours, theirs, ("a", "b"), whole=False)
    assert not found.alike
    assert [line.same for line in found.lines] == [True, False]


def test_a_trajectory_keeps_what_was_done() -> None:
    made = card(whole(trajectory(turn("ls")), Arm.CANDIDATE), Budget())
    assert made.trajectory is not None
    assert made.text.length == 0
    told = difference(made.answer, whole(trajectory(turn("pwd"))), ("a", "b"), whole=True)
    assert not told.alike
    assert key(made.answer) == "candidate-1"

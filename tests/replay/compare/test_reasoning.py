"""Where the reasoning stands."""

from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.reasoning import reasoning
from tests.replay.compare.answers import features

PRESENT, ABSENT = features("yes", reasoning="let me think"), features("yes", reasoning=" ")
LEAKED = features("<think>let me think</think>yes")


def test_reasoning_that_goes_or_leaks_is_told() -> None:
    assert reasoning(PRESENT, ABSENT) == Aspect(1.0, "reasoning present against absent")
    assert reasoning(LEAKED, PRESENT) == Aspect(1.0, "reasoning leaked against present")


def test_what_it_says_does_not_count() -> None:
    assert reasoning(PRESENT, features("no", reasoning="other thoughts")) == Aspect(0.0)
    assert reasoning(LEAKED, LEAKED) == Aspect(0.0)


def test_answers_without_reasoning_have_no_such_aspect() -> None:
    assert reasoning(ABSENT, ABSENT) is None


def test_a_text_about_a_marker_is_no_leak() -> None:
    assert reasoning(features("Write `<think>` first."), ABSENT) is None

"""The worst pairs, made ready."""

from driftgate.replay.report.diff import unified
from driftgate.replay.report.pairs import pair
from tests.replay.report.made import worst


def test_a_pair_has_its_reasons_and_a_diff_of_what_is_shown() -> None:
    made = pair(3, worst())
    assert (made.number, made.distance) == (3, "0.83")
    assert made.slices == ["contract=summarize", "dialect=chat"]
    assert ("-", '  "mood": "good",') in list(unified(made.lines))
    assert ("+", '  "mood": "bad",') in list(unified(made.lines))


def test_long_prompts_and_many_reasons_are_cut() -> None:
    made = pair(1, worst(prompt="x " * 5000, reasons=[str(number) for number in range(20)]))
    assert len(made.prompt) < 700
    assert made.reasons[-1] == "and 12 more"


def test_what_was_recorded_is_kept_beside_the_diff() -> None:
    assert pair(1, worst(shown={"record": "then\x07"})).record == "then\\x07"
    assert pair(1, worst()).record == ""


def test_an_arm_without_an_answer_is_an_empty_side() -> None:
    made = pair(1, worst(shown={"candidate": "yes"}))
    assert list(unified(made.lines)) == [("+", "yes")]

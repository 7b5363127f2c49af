"""How long answers are."""

from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.length import length
from tests.replay.compare.answers import features


def test_length_is_of_text_and_arguments_in_characters() -> None:
    one, other = features("x" * 6, ("t", "{}")), features("x" * 10)
    assert length(one, other) == Aspect(0.2, "8 against 10 characters")


def test_tokens_are_told_where_both_are_known() -> None:
    one, other = features("xx", output_tokens=1), features("x" * 1000, output_tokens=250)
    assert length(one, other) == Aspect(0.998, "2 against 1,000 characters (1 against 250 tokens)")


def test_equal_and_empty_answers() -> None:
    assert length(features("ab"), features("cd")) == Aspect(0.0)
    assert length(features(), features()) is None

"""Texts: exactly, folded, by words."""

import pytest

from driftgate.replay.compare import words
from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.text import text, text_exact, text_folded
from tests.replay.compare.answers import features


def test_without_texts_there_is_nothing_to_compare() -> None:
    assert [aspect(features(), features()) for aspect in (text, text_exact, text_folded)] == [
        None
    ] * 3


def test_mere_form_counts_in_the_exact_comparison_alone() -> None:
    one, other = features("Yes,  of course"), features("yes, of course")
    assert text_exact(one, other) == Aspect(1.0, "the texts differ from character 1 on")
    assert text_folded(one, other) == text(one, other) == Aspect(0.0)


def test_a_changed_word_is_shown_and_counted() -> None:
    one, other = features("the answer is yes, for now"), features("the answer is no, for now")
    assert text(one, other) == Aspect(1 / 7, "1 of 7 words differ")
    assert text_folded(one, other) == Aspect(
        1.0, "'...answer is yes, for now' against '...answer is no, for now'"
    )


def test_a_text_against_none_has_nothing_in_common() -> None:
    one, other = features("some text"), features()
    assert text(one, other) == Aspect(1.0, "2 of 2 words differ")
    assert text_folded(one, other) == Aspect(1.0, "'some text' against no text")
    assert text(features(" "), features("\n")) == Aspect(0.0)


def test_a_long_text_says_that_it_was_not_compared_word_by_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(words, "EDITED", 2)
    monkeypatch.setattr("driftgate.replay.compare.text.EDITED", 2)
    found = text(features("a b c d"), features("a b d x"))
    assert found == Aspect(0.25, "about 1 of 4 words differ")
    assert text(features("a b c d"), features("a b d c")) == Aspect(0.0)

"""Folding, words, and edits; exact below the bound, and bounded beyond it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.compare import words
from driftgate.replay.compare.words import Phrase, apart, edits, first_difference, folded, words_of
from tests.replay.compare.answers import words as pieces


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello  World\n", "hello world"),
        ("straße", "STRASSE"),
        ("ﬁne", "fine"),
        ("e\u0301", "é"),
        ("\u201cyes\u201d \u2013 it\u2019s", '"yes" - it\'s'),
    ],
)
def test_mere_form_is_folded_away(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_words_are_runs_of_letters_and_all_else_stands_alone() -> None:
    assert words_of("the sum, a+b = 12.5").head == [
        "the",
        "sum",
        ",",
        "a",
        "+",
        "b",
        "=",
        "12",
        ".",
        "5",
    ]


def test_scripts_without_spaces_have_a_word_for_each_character() -> None:
    assert words_of("日本 Tokyo東京").head == ["日", "本", "Tokyo", "東", "京"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("", "", 0),
        ("a b c", "a b c", 0),
        ("a b c", "a x c", 1),
        ("a b c", "a c", 1),
        ("a", "b c", 2),
    ],
)
def test_edits_are_words_to_insert_delete_or_replace(one: str, other: str, expected: int) -> None:
    assert edits(words_of(one), words_of(other)) == expected


def test_beyond_the_bound_only_how_often_words_occur_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(words, "EDITED", 2)
    one, turned, other = (words_of(text) for text in ("a b c d", "a b d c", "a b c x y"))
    assert (edits(one, turned), edits(one, other)) == (0, 2)
    assert one.count == 4


@given(pieces, pieces, st.integers(1, 4))
def test_apart_is_a_share_and_symmetric_with_any_bound(
    one: list[str], other: list[str], bound: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words, "EDITED", bound)
        first, second = words_of(" ".join(one)), words_of(" ".join(other))
        assert 0 <= apart(first, second) == apart(second, first) <= 1
        assert apart(first, first) == 0


@given(st.text(max_size=9), st.text(max_size=9))
def test_the_first_difference_is_where_the_texts_part(one: str, other: str) -> None:
    at = first_difference(one, other)
    assert one[:at] == other[:at]
    assert at == min(len(one), len(other)) or one[at] != other[at]


def test_a_phrase_is_folded_and_taken_apart_once() -> None:
    phrase = Phrase("Two Words")
    assert phrase.folded is phrase.folded == "two words"
    assert phrase.words is phrase.words

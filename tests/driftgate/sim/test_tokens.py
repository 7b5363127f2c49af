"""The tokenizer loses nothing and counts what it cuts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.sim.tokens import count, pieces


@given(st.text())
def test_pieces_join_to_the_text_and_are_as_many_as_counted(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert len(pieces(text)) == count(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two", ["one", " two"]),
        ("12345", ["123", "45"]),
        ("<|channel>thought\n", ["<|channel>", "thought", "\n"]),
        ("don't", ["don", "'", "t"]),
    ],
)
def test_words_digits_and_special_tokens_are_pieces(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected

"""Reasons are short, on one line, and harmless."""

from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.compare.told import LIMIT, counted, printable, told


def test_what_does_not_print_stands_as_its_escape() -> None:
    assert told("a\x1b[31mb\u202ec\ud800\n") == "a\\x1b[31mb\\u202ec\\ud800\\n"


def test_a_long_text_is_cut_with_dots() -> None:
    assert told("x" * 100) == "x" * (LIMIT - 3) + "..."


def test_what_is_kept_stays() -> None:
    assert printable("a\n\tb\r", kept="\n\t") == "a\n\tb\\r"


@given(st.text(alphabet=st.characters(), max_size=20))
def test_every_text_becomes_printable(text: str) -> None:
    assert printable(text).isprintable()
    assert told(text).isprintable()


def test_numbers_agree_with_what_they_count() -> None:
    assert [counted(n, "word") for n in (0, 1, 1200)] == ["0 words", "1 word", "1,200 words"]

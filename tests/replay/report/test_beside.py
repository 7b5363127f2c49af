"""A diff in two columns."""

from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.report.beside import beside
from driftgate.replay.report.columns import width
from driftgate.replay.report.diff import diff
from tests.replay.report.made import hostile


def test_both_sides_stand_beside_each_other() -> None:
    assert list(beside(diff("a\nbc\nd", "a\nbx\nd\ne"), 23)) == [
        "  a        |   a",
        "- bc       | + bx",
        "  d        |   d",
        "           | + e",
    ]


def test_a_long_line_goes_on_below() -> None:
    assert list(beside(diff("abcdefgh" * 2, "x"), 23)) == [
        "- abcdefgh | + x",
        "  abcdefgh |",
    ]


def test_unchanged_lines_that_are_left_out_are_counted() -> None:
    text = "\n".join("abcdefghijklmno")
    assert next(iter(beside(diff(text, text + "\nz"), 23))) == "@ 12 more lines alike"


def test_words_that_differ_are_bold_where_the_terminal_shows_it() -> None:
    (line,) = beside(diff("one two", "one six"), 41, bold=True)
    assert "one \x1b[1mtwo\x1b[0m" in line
    (line,) = beside(diff("one two", "one six"), 41)
    assert "\x1b" not in line


@given(hostile, hostile, st.integers(100, 130))
def test_no_line_is_wider_than_the_terminal(left: str, right: str, room: int) -> None:
    for line in beside(diff(left, right), room):
        assert width(line) <= room

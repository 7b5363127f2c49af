"""Two texts side by side."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.report.diff import LIMIT, WHOLE, Line, Piece, diff, joined, unified

NAMES = st.lists(st.sampled_from(["a", "b", "b b", "c d", ""]), max_size=9).map("\n".join)


def told(left: str, right: str, context: int = 3) -> list[str]:
    return [f"{sign}{text}" for sign, text in unified(diff(left, right, context=context))]


def test_words_that_differ_are_marked_on_both_sides() -> None:
    (line,) = diff("the quick fox", "the slow fox")
    assert line.left == (Piece("the "), Piece("quick", marked=True), Piece(" fox"))
    assert line.right == (Piece("the "), Piece("slow", marked=True), Piece(" fox"))


def test_changed_lines_stand_beside_each_other_and_below_each_other() -> None:
    assert told("a\nb\nc", "a\nx\nc\nd") == [" a", "-b", "+x", " c", "+d"]


def test_lines_that_have_little_in_common_are_whole_changes() -> None:
    (line,) = diff("yes", "no idea at all")
    assert line == Line((Piece("yes", marked=True),), (Piece("no idea at all", marked=True),))


def test_far_lines_that_are_alike_are_left_out_and_counted() -> None:
    text = "\n".join(str(number) for number in range(30))
    assert told(text, text.replace("15", "XV"), 1) == [
        *("@14 more lines alike", " 14", "-15", "+XV", " 16", "@13 more lines alike")
    ]
    assert len(diff(text, text, context=None)) == 30


def test_json_is_compared_value_by_value_with_its_keys_in_order() -> None:
    assert told('{"b":1,"a":[true]}', '{"a": [false], "b": 1}', 0) == [
        *("@2 more lines alike", "-    true", "+    false", "@3 more lines alike")
    ]


def test_json_whose_characters_were_escaped_for_people_is_json_still() -> None:
    (first, *_) = diff('{"a":"1\\xa0%","b":"C:\\\\x41"}', '{"a":"1\\xa0%","b":"C:\\\\x42"}')
    assert first.left == (Piece("{"),)
    assert told('["1\\xa0%"]', '["1\\xa0%", 2]', 0)[1:3] == ['-  "1\xa0%"', '+  "1\xa0%",']


def test_the_arguments_of_tool_calls_are_compared_value_by_value() -> None:
    lines = told('say\n[calls run] {"x":1,"y":2}', 'say\n[calls run] {"y":3,"x":1}', 0)
    assert [line for line in lines if line[0] != "@"] == ['-  "y": 2', '+  "y": 3']


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', "{" * 5000, "[1,", "[" + "1" * 5000 + "]"])
def test_what_is_no_good_json_is_compared_as_written(text: str) -> None:
    assert diff(text, text) == [Line((Piece(text),), (Piece(text),))]


def test_an_answer_of_nothing_has_no_line() -> None:
    assert diff("", "") == []
    assert told("", "a") == ["+a"]


def test_control_characters_are_escaped() -> None:
    assert told("\x1b[31m", "\u202e") == ["-\\x1b[31m", "+\\u202e"]


def test_huge_texts_are_cut_in_characters_and_lines() -> None:
    lines = diff("a b " * 300_000, "b a " * 300_000)
    assert sum(len(joined(line.left)) for line in lines) < LIMIT + 100
    assert "more characters]" in joined(lines[-1].left)
    many = diff("a\n" * 5000, "b\n" * 5000)
    assert len(many) == 601
    assert joined(many[-1].right) == "[... 4,401 more lines]"


def test_an_answer_on_its_own_is_shown_much_longer() -> None:
    text = "\n".join(f"line {number}" for number in range(5000))
    lines = diff(text, text.replace("4321", "changed"), limit=WHOLE)
    assert [line.skipped for line in lines if line.skipped] == [4318, 675]
    (line,) = diff("a," * 90_000, "b," * 90_000, limit=WHOLE)
    assert len(joined(line.left)) == 180_000


@given(NAMES, NAMES)
def test_each_side_can_be_read_back(left: str, right: str) -> None:
    lines = diff(left, right, context=None)
    for text, side in ((left, "left"), (right, "right")):
        kept = [joined(getattr(line, side)) for line in lines if getattr(line, side) is not None]
        assert "\n".join(kept) == text
    below = list(unified(lines))
    assert "\n".join(text for sign, text in below if sign in " -") == left
    assert "\n".join(text for sign, text in below if sign in " +") == right
    assert all(line.left is not None or line.right is not None for line in lines)

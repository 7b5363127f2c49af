"""Readable differences: lines, words within long lines, bounded and harmless."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.compare import diff as diff_module
from driftgate.replay.compare.diff import MAX_SHOWN, diff

lines = st.lists(st.sampled_from(["a", "b", "c", "a b", "x" * 130, "\x1b"]), max_size=12)


def test_equal_texts_have_no_difference() -> None:
    assert diff("a\nb", "a\nb") == []


def test_changed_lines_stand_between_lines_of_context() -> None:
    first = "\n".join("abcdefghij")
    assert diff(first, first.replace("e", "X"), context=2) == [
        "@@ -3,5 +3,5 @@", " c", " d", "-e", "+X", " f", " g",
    ]  # fmt: skip


def test_changes_far_apart_have_hunks_of_their_own() -> None:
    first = "\n".join("abcdefghij")
    second = first.replace("a", "A").replace("j", "J")
    assert diff(first, second, context=1) == [
        "@@ -1,2 +1,2 @@", "-a", "+A", " b", "@@ -9,2 +9,2 @@", " i", "-j", "+J",
    ]  # fmt: skip
    assert len([line for line in diff(first, second, context=4) if line[0] == "@"]) == 1


@pytest.mark.parametrize(("between", "hunks"), [(4, 1), (5, 2)])
def test_hunks_join_where_their_contexts_touch(between: int, hunks: int) -> None:
    same = "\n".join("same" for _ in range(between))
    found = diff(f"a\n{same}\nb", f"A\n{same}\nB", context=2)
    assert len([line for line in found if line[0] == "@"]) == hunks


def test_a_line_that_is_gone_or_new_is_shown_without_context_where_none_is_wanted() -> None:
    assert diff("a\nb\nc", "a\nc", context=0) == ["@@ -2,1 +2,0 @@", "-b"]
    assert diff("a\nc", "a\nb\nc", context=0) == ["@@ -2,0 +2,1 @@", "+b"]


def test_texts_of_one_line_show_their_words() -> None:
    assert diff("the answer is yes", "the answer is no, thanks") == [
        "~the answer is [-yes-]{+no, thanks+}"
    ]


def test_what_is_alike_in_a_long_line_is_left_out() -> None:
    start, end = "word " * 50, " more" * 50
    (line,) = diff(f"{start}yes{end}", f"{start}no{end}")
    assert line == f"~...{'word ' * 6}[-yes-]{{+no+}}{' more' * 6}..."


def test_pairs_of_long_lines_show_their_words() -> None:
    long = "a sentence that goes on for quite a while, " * 4
    found = diff(f"head\n{long}yes", f"head\n{long}no")
    assert found[:2] == ["@@ -1,2 +1,2 @@", " head"]
    assert found[2].endswith("[-yes-]{+no+}")
    assert len(found) == 3


def test_a_difference_that_is_not_shown_is_told() -> None:
    assert diff("a\r\nb", "a\nb") == ["@@ they differ in line ends, or beyond what is looked at @@"]
    assert diff("x" * 300_000, "x" * 300_001)[0].startswith("@@ they differ")


def test_the_output_is_bounded() -> None:
    found = diff("\n".join(f"{n} {'x' * 999}" for n in range(999)), "\n".join("y" * 999))
    assert len(found) == MAX_SHOWN + 1
    assert found[-1].endswith("more lines @@")
    assert max(map(len, found)) < 500


@given(lines, lines, st.integers(0, 3))
def test_the_changed_lines_make_one_text_of_the_other(
    first: list[str], second: list[str], context: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diff_module, "LONG", 10**6)
        found = diff("\n".join(["", *first, ""]), "\n".join(["", *second, ""]), context=context)
    assert all("\x1b" not in line for line in found)
    gone = sorted(line[1:] for line in found if line[0] == "-")
    come = sorted(line[1:] for line in found if line[0] == "+")
    ours, theirs = ([line.replace("\x1b", "\\x1b") for line in each] for each in (first, second))
    assert sorted([*ours, *come]) == sorted([*theirs, *gone])


@given(lines, lines)
def test_the_head_of_a_hunk_counts_its_lines(first: list[str], second: list[str]) -> None:
    heads, counts = [], []
    for line in diff("\n".join(["", *first]), "\n".join(["", *second])):
        if line[0] == "@":
            heads += [[int(number) for number in re.findall(r",(\d+)", line)]]
            counts += [[0, 0]]
        else:
            counts[-1][0] += line[0] in " -~"
            counts[-1][1] += line[0] in " +~"
    assert heads == counts


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_two_texts_have_a_printable_difference(one: str, other: str) -> None:
    found = diff(one, other)
    assert bool(found) == (one != other)
    assert all(line.replace("\t", "").isprintable() for line in found)

"""What strangers write, cut to a size."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.agent.turns.bounds import LINE, bounded, cut, line
from tests.support.odd_json import ANY_TEXT, JSON, ODD


@given(ANY_TEXT)
def test_a_line_prints_and_is_short(text: str) -> None:
    told = line(text)
    told.encode()
    assert len(told) <= LINE
    assert not any(
        ord(each) < 32 or 127 <= ord(each) < 160 or each in "\u202e\u2028" for each in told
    )


def test_a_line_keeps_what_people_read() -> None:
    assert line("  a\n\tb \x1b[31mred\u202e ") == "a b [31mred"


def test_a_long_line_shows_that_it_was_cut() -> None:
    assert line("x" * 301) == "x" * 299 + "…"
    assert line(" " * 5000 + "x").endswith("…")


@given(ANY_TEXT, st.integers(0, 50))
def test_a_cut_text_is_bounded_and_valid(text: str, limit: int) -> None:
    told = cut(text, limit)
    told.encode()
    assert len(told) <= limit + 60


def test_a_cut_text_keeps_both_ends_and_counts_the_rest() -> None:
    assert (
        cut("a" * 10 + "b" * 90, 20) == "a" * 10 + "\n[... 80 characters left out ...]\n" + "b" * 10
    )


@given(st.dictionaries(ODD, JSON, max_size=4))
def test_a_bounded_object_can_be_written(value: dict[str, Any]) -> None:
    json.dumps(bounded(value), ensure_ascii=False).encode()


def test_a_bounded_object_of_ordinary_size_is_the_same() -> None:
    value = {"a": [1, 2.5, None, True, {"b": "c"}], "d": {}}
    assert bounded(value) == value


def test_a_huge_object_becomes_small() -> None:
    deep: Any = "end"
    for _ in range(500):
        deep = {"in": deep}
    wide = {"n": 10**30, "deep": deep, "text": "x" * 10**7, "list": ["y" * 10**5] * 10**3}
    told = bounded(wide)
    assert len(json.dumps(told)) < 100_000
    assert told["n"] is None
    assert told["deep"]["in"]["in"]
    assert told["text"].startswith("xxx")

"""Floods, and repetitions that are none."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.builtin.flood import WINDOW, flood_of, periodic_tail


def naive_length(text: str, period: int) -> int:
    """How many characters at the end repeat with this period, one by one."""
    size = len(text)
    length = period
    while length < size and text[size - length - 1] == text[size - length - 1 + period]:
        length += 1
    return length


@given(
    st.text("ab\n", max_size=80), st.text("abc <|\n", min_size=1, max_size=90), st.integers(1, 60)
)
def test_the_length_of_a_repetition_is_what_counting_gives(
    head: str, unit: str, times: int
) -> None:
    text = head + unit * times
    tail = periodic_tail(text)
    if tail is not None:
        assert tail.length == naive_length(text, tail.period)


@given(st.text(min_size=1, max_size=200), st.integers(2, 200))
def test_a_unit_repeated_often_is_found_with_its_period(unit: str, times: int) -> None:
    text = unit * times
    if len(text) < len(unit) + 64:
        return
    tail = periodic_tail(text)
    assert tail is not None
    assert tail.period <= len(unit)


@given(st.text(max_size=3000), st.booleans())
def test_no_text_raises(text: str, ended: bool) -> None:
    flood_of(text, ended=ended)


@given(st.text("ab{0 \n-", min_size=1, max_size=120), st.integers(1, 9000))
def test_what_is_a_flood_before_a_models_own_end_is_one_where_it_was_cut(
    unit: str, times: int
) -> None:
    text = unit * min(times, 40_000 // len(unit))
    if flood_of(text, ended=True) is not None:
        assert flood_of(text, ended=False) is not None


@pytest.mark.parametrize(
    ("text", "ended", "is_flood"),
    [
        ("thought\n" * 63, True, False),
        ("thought\n" * 64, True, True),
        (
            "Words that stand before it, enough of them to be a text.\n" + "thought\n" * 150,
            True,
            False,
        ),
        (
            "Words that stand before it, enough of them to be a text.\n" + "thought\n" * 150,
            False,
            True,
        ),
        ("\n" * 255, True, False),
        ("\n" * 256, True, True),
        (" " * 1023, True, False),
        (" " * 1024, True, True),
        ("<unused49>" * 15, True, False),
        ("<unused49>" * 16, True, True),
        ("0" * 2047, True, False),
        ("0" * 2048, True, True),
        ("x = [" + "0, " * 2000, True, False),
        ("x = [" + "0, " * 4096, True, True),
    ],
)
def test_each_kind_of_unit_has_its_limit(text: str, ended: bool, is_flood: bool) -> None:
    assert (flood_of(text, ended=ended) is not None) is is_flood


def test_a_repetition_that_ends_properly_is_no_flood() -> None:
    assert flood_of("[" + '{"a": 0}, ' * 5000 + '{"a": 0}]', ended=True) is None


def test_a_flood_that_stops_in_the_midst_of_its_unit_is_still_one() -> None:
    flood = flood_of("thought\n" * 500 + "thou", ended=False)
    assert flood is not None
    assert (flood.unit, flood.repeats) == ("thought\n", 500)


def test_a_flood_is_told_in_words_that_fit_one_line() -> None:
    flood = flood_of("thought\n" * 1000, ended=True)
    assert str(flood) == r"'thought\n' is repeated 1000 times to the end (8000 characters)"


def test_a_unit_longer_than_the_window_is_not_looked_for() -> None:
    unit = "".join(f"{n}," for n in range(WINDOW))
    assert periodic_tail(unit * 3) is None


@pytest.mark.parametrize(
    "text",
    [
        "a" * 4_000_000,
        ("ab" * 1000 + "c") * 2000,
        "a" * 2_000_000 + "b" + "a" * 31,
        "\n" * 3_000_000,
    ],
)
def test_hostile_texts_take_little_time(text: str) -> None:
    began = time.process_time()
    flood_of(text, ended=True)
    assert time.process_time() - began < 0.5

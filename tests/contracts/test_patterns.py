"""Patterns of strangers, searched with a limit on time."""

from time import perf_counter

import pytest

from driftgate.contracts.patterns import (
    PATTERN_LIMIT,
    TEXT_LIMIT,
    Allowance,
    compiles,
    search,
)

RUNS_AWAY = r"^(a|a|aa)+$"
LONG = "a" * 50 + "b"


def test_a_pattern_is_found_anywhere() -> None:
    assert search("b+", "abbc") is True
    assert search("^b", "abbc") is False


def test_a_pattern_may_match_the_empty_text() -> None:
    assert search("", "") is True
    assert search("a*", "b") is True


def test_what_does_not_compile_is_told_and_finds_nothing() -> None:
    assert compiles("a+") is None
    assert "missing )" in str(compiles("("))
    assert "longer than" in str(compiles("a" * (PATTERN_LIMIT + 1)))
    assert search("(", "x") is None


@pytest.mark.parametrize("pattern", [r"(a+)+$", RUNS_AWAY, r"^(\w+\s?)*$", r"(.*)*\d$"])
def test_a_catastrophic_pattern_ends_in_time(pattern: str) -> None:
    began = perf_counter()
    assert search(pattern, LONG) in (None, False, True)
    assert perf_counter() - began < 1


def test_a_pattern_that_runs_away_gives_up() -> None:
    assert search(RUNS_AWAY, LONG) is None


def test_a_text_over_the_limit_is_not_searched() -> None:
    assert search("a", "a" * TEXT_LIMIT) is True
    assert search("a", "a" * (TEXT_LIMIT + 1)) is None


def test_many_slow_searches_share_one_allowance() -> None:
    allowance = Allowance(0.15)
    assert allowance.search("a", "a") is True
    assert allowance.search(RUNS_AWAY, LONG) is None
    assert allowance.search(RUNS_AWAY, LONG) is None
    assert allowance.left <= 0
    assert allowance.search("a", "a") is None

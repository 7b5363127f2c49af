"""Patterns of strangers, searched with a limit on time."""

from time import perf_counter

import pytest

from driftgate.contracts.patterns import (
    PATTERN_LIMIT,
    PLAIN_LIMIT,
    TAME_LIMIT,
    TEXT_LIMIT,
    Allowance,
    compiles,
    search,
    tame,
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


@pytest.mark.parametrize(
    "pattern",
    ["^part [0-9]+$", "[a-z]{2,}", r"(?i)\bas an ai\b", r"i cannot (?:help|assist)", "(a)b"],
)
def test_a_pattern_that_cannot_run_away_needs_no_limit_on_time(pattern: str) -> None:
    assert tame(pattern) is not None


@pytest.mark.parametrize(
    "pattern",
    [
        *(RUNS_AWAY, "a*a*b", "(a+)", "(?:a+)", "(?=a)b", r"(?R)", "(?i:a)", "(?:a|b){9}", "("),
        "(?:a|a)" * 30 + "b",
    ],
)
def test_any_other_pattern_has_its_limit(pattern: str) -> None:
    assert tame(pattern) is None


def test_the_slowest_tame_search_is_quick() -> None:
    began = perf_counter()
    assert search("[a-z]+1$", "a" * TAME_LIMIT) is False
    assert search("(?:a|a)(?:a|a)(?:a|a)(?:a|a)b", "a" * PLAIN_LIMIT) is False
    assert perf_counter() - began < 1


def test_one_search_may_take_a_share_only() -> None:
    allowance = Allowance(0.4, share=0.5)
    began = perf_counter()
    assert [allowance.search(RUNS_AWAY, LONG) for _ in range(2)] == [None] * 2
    assert allowance.search("a+ba*", LONG) is True
    assert perf_counter() - began < 2

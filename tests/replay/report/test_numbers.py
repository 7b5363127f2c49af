"""Figures for people."""

import math

import pytest

from driftgate.replay.report import numbers


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (0.9731, "share", "97.3 %"),
        (1.0, "share", "100 %"),
        (0.99999, "share", "100 %"),
        (0.0, "share", "0 %"),
        (0.0002, "share", "0.02 %"),
        (812.34, "ms", "812 ms"),
        (12345.6, "ms", "12.3 s"),
        (212.4, "tokens", "212 tokens"),
        (41.23, "per second", "41.2 /s"),
        (0.1234, "distance", "0.123"),
        (0.00004, "distance", "4e-05"),
        (1234567.0, "number", "1,234,567"),
        (None, "share", "-"),
        (math.nan, "ms", "-"),
        (math.inf, "ms", "-"),
    ],
)
def test_a_value_has_its_unit_and_digits_that_mean_something(
    value: float | None, unit: str, told: str
) -> None:
    assert numbers.value(value, unit) == told


@pytest.mark.parametrize(
    ("value", "unit", "size", "told"),
    [
        (-0.056, "share", 1, "-5.6 points"),
        (0.01, "share", 1, "+1.0 point"),
        (0.0004, "share", 1, "+0.04 points"),
        (0.0, "share", 1, "+0.0 points"),
        (0.057, "ratio", 2110, "+5.7 %"),
        (12.0, "ratio", 1, "+1,200.0 %"),
        (-33.0, "ms", 900, "-33.0 ms"),
        (2500.0, "ms", 20_000, "+2.50 s"),
        (34.51, "tokens", 200, "+34.5 tokens"),
        (-0.0432, "distance", 1, "-0.043"),
        (None, "share", 1, "-"),
    ],
)
def test_a_change_is_signed(value: float | None, unit: str, size: float, told: str) -> None:
    assert numbers.change(value, unit, size) == told


def test_a_magnitude_has_no_sign() -> None:
    assert numbers.magnitude(-0.05322, "share") == "5.3 points"
    assert numbers.magnitude(None, "share") == "-"


def test_what_rounding_left_of_nothing_is_nothing() -> None:
    assert [numbers.magnitude(3e-17, unit, 900) for unit in ("share", "ms", "distance")] == [
        "-"
    ] * 3
    assert numbers.magnitude(0.0, "tokens") == "-"
    assert numbers.magnitude(4e-7, "ms", 900) == "-"
    assert numbers.magnitude(4e-5, "distance", 1) == "4e-05"
    assert numbers.change(-3e-17, "share") == "+0.0 points"
    assert numbers.change(-3e-17, "distance", 0.1) == "+0"
    assert numbers.interval(-2e-16, 0.1, "ratio", 9000) == "+0.0 to +10.0 %"
    assert [numbers.value(3e-17, unit) for unit in ("share", "ms")] == ["0 %", "0 ms"]


def test_an_interval_names_its_unit_once() -> None:
    assert numbers.interval(-0.083, 0.029, "share") == "-8.3 to +2.9 points"
    assert numbers.interval(-math.inf, 0.1, "ratio") == "-infinity to +10.0 %"
    assert numbers.interval(None, 0.1, "ratio") == "-"


def test_a_margin_is_as_short_as_it_was_set() -> None:
    assert numbers.margin(0.02, "share") == "2 points"
    assert numbers.margin(0.01, "share") == "1 point"
    assert numbers.margin(0.1, "ratio") == "10 %"
    assert numbers.margin(50, "ms", 20_000) == "0.05 s"
    assert numbers.margin(None, "share") == "-"


def test_a_tiny_p_value_is_only_said_to_be_so() -> None:
    assert [numbers.probability(p) for p in (0.00001, 0.0123, 1.0, None)] == [
        *("< 0.001", "0.012", "1", "-")
    ]


@pytest.mark.parametrize(
    ("metric", "unit"),
    [
        ("latency_p95", "ms"),
        ("first_token_mean", "ms"),
        ("output_tokens", "tokens"),
        ("tokens_per_second", "per second"),
        ("own_score", "number"),
    ],
)
def test_the_values_of_a_ratio_have_the_unit_of_what_was_measured(metric: str, unit: str) -> None:
    assert numbers.base_unit(metric, "ratio") == unit
    assert numbers.base_unit(metric, "share") == "share"

"""Numbers and names in sentences."""

import math

import pytest

from driftgate.replay.decide.effect import Effect
from driftgate.replay.decide.intervals import Interval
from driftgate.replay.decide.mcnemar import Flips
from driftgate.replay.decide.metrics import ANSWERS, metric
from driftgate.replay.decide.wording import (
    amount,
    change,
    counted,
    listed,
    metric_change,
    named,
    own,
    percent,
    points,
)

PASS, LATENCY = metric("contract_pass"), metric("latency_p95")


def effect(name: str, mean: float, low: float, high: float) -> Effect:
    interval = Interval(mean, low, high, 0.01, 30, 30)
    return Effect(metric(name), 0.9, 0.8, interval, Flips(1, 0, 1.0))


@pytest.mark.parametrize(
    ("share", "told"),
    [(0.112, "11.2 points"), (0.01, "1 point"), (0.0, "0 points"), (-0.00001, "0 points")],
)
def test_shares_are_told_in_points(share: float, told: str) -> None:
    assert points(share) == told


def test_amounts_have_the_unit_of_their_metric() -> None:
    assert (amount(PASS, 0.02), amount(LATENCY, 0.1)) == ("2 points", "10 %")
    assert amount(ANSWERS, 0.0421) == "0.042"
    assert (own(PASS, 0.9615), own(LATENCY, 1234.5)) == ("96.2 %", "1,234 ms")
    assert own(metric("output_tokens"), 7.92) == "7.9 tokens"
    assert percent(0.95) == "95 %"


def test_a_change_is_told_with_its_interval_and_margin() -> None:
    assert change(effect("contract_pass", -0.021, -0.04, -0.002), 0.95, 0.02) == (
        "2.1 points lower (95 % interval 0.2 to 4 points lower, margin 2)"
    )
    assert change(effect("latency_p95", 0.25, -0.05, 0.6), 0.9, None) == (
        "25 % higher (90 % interval 5 % lower to 60 higher)"
    )
    assert metric_change(effect("served", 0.0, -0.01, 0.01)) == "served share unchanged"


def test_an_interval_without_ends_is_told_as_such() -> None:
    told = change(effect("latency_p95", 0.25, -math.inf, math.inf), 0.95, 0.1)
    assert told == "25 % higher (95 % interval of any width, margin 10)"


def test_names_of_strangers_are_short_and_printable() -> None:
    assert named("a`b\x1b[31m\n" + "x" * 10_000).startswith("a b [31m xxx")
    assert len(named("x" * 10_000)) == 60


def test_nouns_and_lists() -> None:
    assert (counted(1, "case"), counted(2000, "case")) == ("1 case", "2,000 cases")
    assert (listed(["a"]), listed(["a", "b", "c"])) == ("a", "a, b and c")

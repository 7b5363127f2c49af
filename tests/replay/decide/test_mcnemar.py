"""The exact paired test: only cases that differ count."""

import pytest

from driftgate.replay.decide.mcnemar import Flips, flips


def test_ten_to_two_is_the_binomial_of_twelve() -> None:
    found = flips([-1.0] * 10 + [1.0] * 2 + [0.0] * 100)
    assert (found.worse, found.better) == (10, 2)
    assert found.p == pytest.approx(2 * (1 + 12 + 66) / 2**12)


def test_cases_that_agree_say_nothing() -> None:
    assert flips([0.0] * 50) == Flips(0, 0, 1.0)


def test_churn_is_counted_though_the_mean_stays() -> None:
    found = flips([-0.5, 0.5] * 20)
    assert (found.worse, found.better, found.p) == (20, 20, 1.0)

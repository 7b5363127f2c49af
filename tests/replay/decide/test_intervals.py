"""Intervals: known values, clusters that widen them, and bounds that hold."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.decide.intervals import mean_difference

shares = st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), min_size=2, max_size=60)


def test_without_clusters_it_is_the_interval_of_students_t() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 6.0]
    found = mean_difference(values, range(5))
    error = np.std(values, ddof=1) / math.sqrt(5)
    assert found.mean == pytest.approx(3.2)
    assert found.error == pytest.approx(error)
    assert found.high - found.mean == pytest.approx(2.7764 * error, rel=1e-4)


def test_sessions_that_repeat_themselves_count_once() -> None:
    once = mean_difference([1.0, -1.0, 0.0, 0.0], range(4))
    copied = mean_difference([1.0, -1.0, 0.0, 0.0] * 10, [0, 1, 2, 3] * 10)
    assert copied.error == pytest.approx(once.error)
    assert (copied.clusters, copied.n) == (4, 40)


@pytest.mark.parametrize(("n", "reach"), [(20, 0.14), (140, 0.0200), (300, 0.0094)])
def test_a_sample_without_any_difference_has_an_interval_with_a_width(n: int, reach: float) -> None:
    found = mean_difference([0.0] * n, range(n), bounded=True)
    assert found.mean == 0
    assert found.high == -found.low == pytest.approx(reach, rel=0.05)


def test_one_session_says_nothing_of_its_spread() -> None:
    found = mean_difference([0.1, 0.2], ["s", "s"])
    assert (found.low, found.high) == (-math.inf, math.inf)
    bounded = mean_difference([-1.0] * 100, ["s"] * 100, bounded=True)
    assert (bounded.low, bounded.high) == (-1, 1)
    assert bounded.p_below(-0.02) == 0.5


def test_clusters_may_be_given_as_numbers_in_an_array() -> None:
    values, clusters = [0.5, -0.5, 0.0, 0.5], [7, 7, 3, 9]
    assert mean_difference(values, np.array(clusters)) == mean_difference(values, clusters)


@given(shares)
def test_bounded_intervals_hold_the_mean_and_stay_in_range(values: list[float]) -> None:
    found = mean_difference(values, range(len(values)), bounded=True)
    assert -1 <= found.low <= found.mean <= found.high <= 1


@given(shares)
def test_order_and_names_of_clusters_do_not_matter(values: list[float]) -> None:
    clusters = [each // 3 for each in range(len(values))]
    one = mean_difference(values, clusters, bounded=True)
    other = mean_difference(values[::-1], [f"s{each}" for each in clusters[::-1]], bounded=True)
    assert one.low == pytest.approx(other.low, abs=1e-12)


def test_p_says_on_which_side_of_a_bound_the_mean_lies() -> None:
    found = mean_difference([-0.5] * 30 + [0.0] * 30, range(60), bounded=True)
    assert found.p_below(-0.02) < 0.001
    assert found.p_above(-0.02) > 0.999
    assert found.p_below(0.0) + found.p_above(0.0) == pytest.approx(1)


@pytest.mark.parametrize(("values", "clusters"), [([], []), ([1.0], [1, 2])])
def test_nothing_to_judge_is_told(values: list[float], clusters: list[int]) -> None:
    with pytest.raises(ValueError, match="at least one case"):
        mean_difference(values, clusters)

"""What the statistics promise, held against simulated gates of known difference.

Sessions have a level of their own, cases too, and answers pass by chance: so cases of one session
are alike, and answers to one case are alike.
"""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftgate.replay.decide.intervals import Interval, mean_difference
from driftgate.replay.select.power import needed

if TYPE_CHECKING:
    from numpy.typing import NDArray

MARGIN = 0.02


def differences(
    chance: np.random.Generator, cases: int, drop: float, k: int, a_session: int
) -> tuple[list[float], list[int]]:
    """Mean differences of pass and fail, with the session of each; the pass rate is about 93 %.

    A dropped case is one that the candidate now always fails: a contract that broke.
    """
    sessions = np.arange(cases) // a_session
    level = chance.beta(14, 1, sessions[-1] + 1)[sessions]
    rates: NDArray[np.float64] = np.clip(level + chance.normal(0, 0.02, cases), 0, 1)
    broken = chance.random(cases) < drop / rates.mean()
    baseline = chance.random((cases, k)) < rates[:, None]
    candidate = (chance.random((cases, k)) < rates[:, None]) & ~broken[:, None]
    return (candidate.mean(axis=1) - baseline.mean(axis=1)).tolist(), sessions.tolist()


def intervals(
    runs: int, cases: int, drop: float, seed: int, *, k: int = 2, a_session: int = 3
) -> list[Interval]:
    chance = np.random.default_rng(seed)
    made = (differences(chance, cases, drop, k, a_session) for _ in range(runs))
    return [mean_difference(*each, bounded=True) for each in made]


@pytest.mark.slow
@pytest.mark.parametrize(("drop", "a_session"), [(0.0, 1), (0.0, 5), (0.05, 1), (0.05, 5)])
def test_intervals_hold_the_truth_as_often_as_they_say(drop: float, a_session: int) -> None:
    """93 to 97 % of 2,000 intervals at 300 cases, clustered or not."""
    found = intervals(2000, 300, drop, seed=7, a_session=a_session)
    held = np.mean([each.low <= -drop <= each.high for each in found])
    assert 0.93 <= held <= 0.97


@pytest.mark.slow
def test_a_gate_without_a_change_raises_few_alarms() -> None:
    """At most 5 % of 200 A/A gates, against the margin and even against none."""
    found = intervals(200, 300, 0.0, seed=8)
    assert np.mean([each.p_below(-MARGIN) <= 0.05 for each in found]) <= 0.01
    assert np.mean([each.high < 0 for each in found]) <= 0.05


@pytest.mark.slow
def test_a_drop_of_five_points_is_found_at_the_number_that_the_plan_names() -> None:
    """At least 90 % of 400 gates, drift being a drop that is shown to exceed the margin."""
    flips = 0.05 + 2 * 0.93 * 0.07
    cases = needed(0.05, flips, margin=MARGIN, power=0.9, k=2)
    assert cases is not None
    found = intervals(400, cases, 0.05, seed=9, a_session=1)
    assert np.mean([each.p_below(-MARGIN) <= 0.05 for each in found]) >= 0.90

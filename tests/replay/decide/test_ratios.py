"""Relative changes: known ones, and intervals that widen with sessions."""

import numpy as np
import pytest
from scipy import stats

from driftgate.replay.decide.ratios import Values, mean_change, quantile_change

Sessions = list[list[float]]


def flat(sessions: Sessions) -> Values:
    owners = np.repeat(np.arange(len(sessions)), [len(each) for each in sessions])
    return Values(np.concatenate([np.array(each) for each in sessions]), owners)


def ratio(
    before: Sessions, after: Sessions, quantile: float, *, seed: int, draws: int = 1000
) -> tuple[float, float, float]:
    """The change of a quantile, and its interval."""
    found = quantile_change(flat(before), flat(after), quantile, seed=seed, draws=draws)
    return found.change, *found.ends(0.95)


def test_a_slower_tail_is_seen_as_a_ratio_with_its_interval() -> None:
    chance = np.random.default_rng(1)
    before = [chance.gamma(4, 100, 5).tolist() for _ in range(80)]
    after = [[value * 1.3 for value in session] for session in before]
    change, low, high = ratio(before, after, 0.95, seed=1)
    assert change == pytest.approx(0.3)
    assert low <= change <= high
    assert ratio(before, before, 0.95, seed=1) == (0, 0, 0)


def test_the_quantiles_are_numpys_own() -> None:
    chance = np.random.default_rng(2)
    owners = np.repeat(np.arange(30), 3)
    before, after = chance.gamma(4, 100, 90), chance.gamma(4, 110, 90)
    found = quantile_change(Values(before, owners), Values(after, owners), 0.9, seed=1, draws=50)
    assert found.before == pytest.approx(np.quantile(before, 0.9))
    assert found.after == pytest.approx(np.quantile(after, 0.9))


def test_a_drawn_sample_is_the_quantile_of_its_sessions_values() -> None:
    chance = np.random.default_rng(3)
    sessions = [chance.gamma(4, 100, size).tolist() for size in (3, 1, 4, 2)]
    drawn = np.random.default_rng(5).integers(4, size=4)
    repeated = np.concatenate([sessions[each] for each in drawn])
    ones = [[1.0] * len(each) for each in sessions]
    found = ratio(ones, sessions, 0.75, seed=5, draws=1)
    assert found[1] + 1 == pytest.approx(np.quantile(repeated, 0.75))


def test_p_counts_the_samples_on_the_other_side() -> None:
    chance = np.random.default_rng(1)
    owners = np.arange(200)
    before = Values(chance.gamma(4, 100, 200), owners)
    after = Values(before.values * chance.normal(1.2, 0.3, 200), owners)
    found = quantile_change(before, after, 0.5, seed=1, draws=99)
    middle = float(np.median(found.draws))
    assert found.p_above(middle) == pytest.approx(0.51)
    assert found.p_below(found.draws[0]) == 1
    assert found.p_below(found.draws[-1]) == pytest.approx(0.02)


def test_where_no_sample_is_on_the_other_side_their_spread_says_how_far_it_is() -> None:
    chance = np.random.default_rng(1)
    before = Values(chance.gamma(4, 100, 200), np.arange(200))
    after = Values(chance.gamma(4, 200, 200), np.arange(200))
    found = quantile_change(before, after, 0.5, seed=1, draws=99)
    far = (found.change - 0.1) / found.draws.std()
    assert far > 4
    assert found.p_above(0.1) == pytest.approx(stats.t.sf(far, 199))
    assert found.p_above(float(found.draws[0]) - 1e-9) <= 0.01
    twice = Values(before.values * 2, before.owners)
    assert quantile_change(before, twice, 0.5, seed=1, draws=99).p_above(0.1) == 0


def test_a_mean_grows_by_its_ratio_and_sessions_widen_the_interval() -> None:
    chance = np.random.default_rng(4)
    level = np.repeat(chance.normal(1.1, 0.1, 20), 10)
    before = chance.gamma(9, 10, 200)
    naive = mean_change(before, before * level, list(range(200)))
    by_session = mean_change(before, before * level, np.repeat(np.arange(20), 10).tolist())
    assert naive.mean == by_session.mean == pytest.approx(0.1, abs=0.03)
    assert by_session.high - by_session.low > 1.5 * (naive.high - naive.low)


@pytest.mark.parametrize(("before", "after"), [([], []), ([0.0], [1.0])])
def test_nothing_to_divide_by_is_told(before: list[float], after: list[float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        mean_change(before, after, range(len(before)))

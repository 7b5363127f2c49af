"""Intervals for the difference of two arms, clustered by session.

Requests of one session are not independent: the naive interval is too narrow. The variance of the
mean is that of the sums by cluster (K.-Y. Liang, S. Zeger, Biometrika 73, 1986; for evaluations of
language models E. Miller, arXiv 2411.00640), with t quantiles of clusters - 1 degrees of freedom.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its interval. error: standard error of the mean; clusters: that it rests on."""

    mean: float
    low: float
    high: float
    error: float
    clusters: int
    n: int

    def p_below(self, bound: float) -> float:
        """One-sided p of the hypothesis "the mean is at least `bound`"; small: it lies below."""
        return self._p(self.mean - bound)

    def p_above(self, bound: float) -> float:
        """One-sided p of the hypothesis "the mean is at most `bound`"; small: it lies above."""
        return self._p(bound - self.mean)

    def _p(self, distance: float) -> float:
        if self.error == 0:
            return 0.0 if distance < 0 else 1.0 if distance > 0 else 0.5
        return float(stats.t.cdf(distance / self.error, max(self.clusters - 1, 1)))


def mean_difference(
    differences: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    level: float = 0.95,
    bounded: bool = False,
) -> Interval:
    """The mean of paired differences, one for each case.

    Args:
        differences: candidate minus baseline, finite.
        clusters: the session of each.
        level: of the interval.
        bounded: differences of shares, in [-1, 1]. Then one pseudo case of +1 and one of -1 are
            added, clusters of their own, so that a sample without any difference has an interval
            with a width (D. Bonett, R. Price, "Adjusted Wald Confidence Interval for a Difference
            of Binomial Proportions Based on Paired Data", J. Educ. Behav. Stat. 37, 2012). The
            mean that is given back is the sample's own.

    Raises:
        ValueError: there is nothing, or the lengths differ.
    """
    if not differences or len(differences) != len(clusters):
        raise ValueError("one difference and one cluster for each case, and at least one case")
    values = np.asarray(differences, dtype=float)
    index: dict[Hashable, int] = {}
    places = [index.setdefault(each, len(index)) for each in clusters]
    if bounded:
        values = np.concatenate([values, [1.0, -1.0]])
        places += [len(index), len(index) + 1]
    count = places[-1] + 1 if bounded else len(index)
    centre = float(values.mean())
    sums = np.bincount(places, weights=values - centre, minlength=count).astype(float)
    error = _error(sums, len(values))
    reach = float(stats.t.ppf(0.5 + level / 2, max(count - 1, 1))) * error
    low, high = centre - reach, centre + reach
    if bounded:
        low, high = max(low, -1.0), min(high, 1.0)
    mean = float(np.mean(differences))
    return Interval(mean, min(low, mean), max(high, mean), error, len(index), len(differences))


def _error(sums: NDArray[np.float64], n: int) -> float:
    """The standard error, with the usual correction for few clusters; infinite for one cluster."""
    count = len(sums)
    if count < 2:  # noqa: PLR2004 - one cluster says nothing of its own spread
        return math.inf
    return math.sqrt(float((sums**2).sum()) * count / (count - 1)) / n


def quantile_ratio(
    baseline: Sequence[Sequence[float]],
    candidate: Sequence[Sequence[float]],
    quantile: float,
    *,
    seed: int,
    level: float = 0.95,
    draws: int = 1000,
) -> tuple[float, float, float]:
    """How much larger the candidate's quantile is, relative to the baseline's, with its interval.

    A cluster bootstrap: sessions are drawn with replacement, both arms of a session together
    (A. Davison, D. Hinkley, "Bootstrap Methods and their Application", section 3.8).

    Args:
        baseline: the values of each session, all above 0.
        candidate: likewise; sessions in the same order.
        quantile: 0 to 1, as 0.95.
        seed: of the draws.
        level: of the interval.
        draws: bootstrap samples.

    Returns:
        (ratio - 1, low, high).
    """
    chance = np.random.default_rng(seed)
    before = [np.asarray(each, dtype=float) for each in baseline]
    after = [np.asarray(each, dtype=float) for each in candidate]
    found = [
        _ratio(before, after, chance.integers(len(before), size=len(before)).tolist(), quantile)
        for _ in range(draws)
    ]
    low, high = np.quantile(found, [0.5 - level / 2, 0.5 + level / 2])
    own = _ratio(before, after, range(len(before)), quantile)
    return own, float(low), float(high)


def _ratio(
    before: Sequence[NDArray[np.float64]],
    after: Sequence[NDArray[np.float64]],
    drawn: Sequence[int],
    quantile: float,
) -> float:
    old = np.quantile(np.concatenate([before[each] for each in drawn]), quantile)
    new = np.quantile(np.concatenate([after[each] for each in drawn]), quantile)
    return float(new / old) - 1

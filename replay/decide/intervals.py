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
from scipy import special


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
        return float(special.stdtr(max(self.clusters - 1, 1), distance / self.error))


def mean_difference(
    differences: Sequence[float] | NDArray[np.float64],
    clusters: Sequence[Hashable] | NDArray[np.int64],
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
            mean that is given back is the sample's own. They are no sessions: they add nothing to
            the degrees of freedom, and one session still says nothing of the spread of sessions.

    Raises:
        ValueError: there is nothing, or the lengths differ.
    """
    if not len(differences) or len(differences) != len(clusters):
        raise ValueError("one difference and one cluster for each case, and at least one case")
    values = np.asarray(differences, dtype=float)
    places, found = _places(clusters)
    if bounded:
        values = np.concatenate([values, [1.0, -1.0]])
        places = np.concatenate([places, [found, found + 1]])
    centre = float(values.mean())
    sums = np.bincount(places, weights=values - centre).astype(float)
    error = _error(sums, len(values)) if found > 1 else math.inf  # one says nothing of the spread
    reach = float(special.stdtrit(max(found - 1, 1), 0.5 + level / 2)) * error
    low, high = centre - reach, centre + reach
    if bounded:
        low, high = max(low, -1.0), min(high, 1.0)
    mean = float(np.mean(differences))
    return Interval(mean, min(low, mean), max(high, mean), error, found, len(differences))


def _places(clusters: Sequence[Hashable] | NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """The clusters counted from 0, and how many there are."""
    if isinstance(clusters, np.ndarray):
        kinds, places = np.unique(clusters, return_inverse=True)
        return places, len(kinds)
    index: dict[Hashable, int] = {}
    return np.array([index.setdefault(each, len(index)) for each in clusters]), len(index)


def _error(sums: NDArray[np.float64], n: int) -> float:
    """The standard error of n values' mean, with the usual correction for few clusters."""
    count = len(sums)
    return math.sqrt(float((sums**2).sum()) * count / (count - 1)) / n

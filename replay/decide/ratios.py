"""Relative changes of times and sizes: of a quantile, and of a mean, with intervals by session.

A quantile's interval is that of a cluster bootstrap: sessions are drawn with replacement, both arms
of a session together (A. Davison, D. Hinkley, "Bootstrap Methods and their Application", section
3.8). A mean's is that of the linearised ratio (W. Cochran, "Sampling Techniques", section 6.4), its
variance by session as in intervals.py.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from driftgate.replay.decide.intervals import Interval, mean_difference

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

DRAWS = 1000
_AT_ONCE = 1_000_000  # values times draws held in memory


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one arm. owners: the session of each, counted from 0."""

    values: Floats
    owners: Places


@dataclass(frozen=True, slots=True)
class QuantileChange:
    """How far the candidate's quantile lies above the baseline's: ratio - 1.

    before, after: the quantiles. draws: the change in each bootstrap sample, sorted. sessions: that
    were drawn from.
    """

    before: float
    after: float
    draws: Floats
    sessions: int

    @property
    def change(self) -> float:
        """After / before - 1."""
        return self.after / self.before - 1

    def ends(self, level: float) -> tuple[float, float]:
        """The percentile interval."""
        low, high = np.quantile(self.draws, [0.5 - level / 2, 0.5 + level / 2])
        return float(low), float(high)

    def p_above(self, bound: float) -> float:
        """One-sided p of "the change is at most `bound`": the share of samples on that side.

        Where no sample is, they cannot say how small it is: then it is that of Student's t with
        their spread, so that a large change is found however many tests there are beside it.
        """
        return self._p(int((self.draws <= bound).sum()), self.change - bound)

    def p_below(self, bound: float) -> float:
        """One-sided p of "the change is at least `bound`"."""
        return self._p(int((self.draws >= bound).sum()), bound - self.change)

    def _p(self, across: int, distance: float) -> float:
        share, spread = (1 + across) / (1 + len(self.draws)), float(self.draws.std())
        if across or distance <= 0:
            return share
        tail = float(special.stdtr(self.sessions - 1, -distance / spread)) if spread else 0.0
        return min(share, tail)


def quantile_change(
    baseline: Values, candidate: Values, quantile: float, *, seed: int, draws: int = DRAWS
) -> QuantileChange:
    """The change of a quantile, with its bootstrap samples.

    Args:
        baseline: all above 0, of each session at least one.
        candidate: likewise, of the same sessions.
        quantile: 0 to 1, as 0.95.
        seed: of the draws.
        draws: bootstrap samples.
    """
    chance = np.random.default_rng(seed)
    sessions = int(max(baseline.owners.max(), candidate.owners.max())) + 1
    before, after = _sorted(baseline), _sorted(candidate)
    rows = max(1, _AT_ONCE // max(len(before.values), len(after.values)))
    found = []
    for start in range(0, draws, rows):
        turns = min(rows, draws - start)
        drawn = chance.integers(sessions, size=(turns, sessions))
        drawn += np.arange(turns)[:, None] * sessions
        counts = np.bincount(drawn.ravel(), minlength=turns * sessions)
        times = counts.reshape(turns, sessions).astype(np.int32)
        found.append(_drawn(after, times, quantile) / _drawn(before, times, quantile) - 1)
    once = np.ones((1, sessions), dtype=np.int32)
    old, new = (float(_drawn(each, once, quantile)[0]) for each in (before, after))
    return QuantileChange(old, new, np.sort(np.concatenate(found)), sessions)


def mean_change(
    baseline: Sequence[float] | Floats,
    candidate: Sequence[float] | Floats,
    clusters: Sequence[Hashable] | Places,
    *,
    level: float = 0.95,
) -> Interval:
    """The relative change of the mean, candidate's / baseline's - 1; one value for each case.

    Raises:
        ValueError: there is nothing, or the baseline's mean is not above 0.
    """
    before, after = np.asarray(baseline, dtype=float), np.asarray(candidate, dtype=float)
    if not len(before) or before.mean() <= 0:
        raise ValueError("at least one case, and a baseline's mean above 0")
    ratio = float(after.mean() / before.mean())
    left = (after - ratio * before) / before.mean()
    spread = mean_difference(left, clusters, level=level)
    change = ratio - 1
    return Interval(
        change,
        change + spread.low - spread.mean,
        change + spread.high - spread.mean,
        spread.error,
        spread.clusters,
        spread.n,
    )


def _sorted(arm: Values) -> Values:
    order = arm.values.argsort(kind="stable")
    return Values(arm.values[order], arm.owners[order])


def _drawn(arm: Values, times: NDArray[np.int32], quantile: float) -> Floats:
    """Of each draw the quantile of sorted values, each as often as its session was drawn.

    times: (draws, sessions). The quantile is numpy's own: linear between neighbours.
    """
    upto = times[:, arm.owners].cumsum(axis=1, dtype=np.int32)
    last = upto[:, -1] - 1
    place = last * quantile
    low = place.astype(np.int32)
    below = arm.values[np.count_nonzero(upto <= low[:, None], axis=1)]
    above = arm.values[np.count_nonzero(upto <= np.minimum(low + 1, last)[:, None], axis=1)]
    found: Floats = below + (above - below) * (place - low)
    return found

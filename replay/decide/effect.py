"""The effect of one metric: its size, its interval, and how sure it is that it exceeds a bound."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from driftgate.replay.decide.intervals import Interval, mean_difference
from driftgate.replay.decide.mcnemar import Flips, flips
from driftgate.replay.decide.metrics import Kind, Metric
from driftgate.replay.decide.paired import Paired
from driftgate.replay.decide.ratios import QuantileChange, Values, mean_change, quantile_change

FEWEST_SESSIONS = 20  # of a quantile's bootstrap: with fewer, tails of the draws are a few sessions


@dataclass(frozen=True, slots=True)
class Effect:
    """What one metric lost or gained.

    baseline, candidate: each arm's mean or quantile, in the metric's natural unit.
    interval: of the effect, candidate minus baseline or relative. flips: cases in which one does
        better. tail: of a quantile, its bootstrap.
    """

    metric: Metric
    baseline: float
    candidate: float
    interval: Interval
    flips: Flips
    tail: QuantileChange | None = None

    @property
    def loss(self) -> float:
        """How much worse the candidate is; below 0: better."""
        return -self.metric.sign * self.interval.mean

    @property
    def losses(self) -> tuple[float, float]:
        """The interval of the loss."""
        low, high = self.interval.low, self.interval.high
        return (-high, -low) if self.metric.sign > 0 else (low, high)

    def p_worse(self, margin: float) -> float:
        """One-sided p of "it is not worse than the margin"."""
        found = self.tail or self.interval
        if math.isinf(self.interval.error):
            return 1.0
        if self.metric.sign > 0:
            return found.p_below(-margin)
        return found.p_above(margin)

    def p_differs(self) -> float:
        """Two-sided p of "there is no difference".

        Of pass and fail by the exact sign test, on sessions, since cases of one are not independent:
        with one case a session it is McNemar's.
        """
        if self.metric.kind is Kind.SHARE:
            return self.flips.p
        if math.isinf(self.interval.error):
            return 1.0
        found = self.tail or self.interval
        return min(1.0, 2 * min(found.p_below(0.0), found.p_above(0.0)))


def effect_of(found: Paired, level: float, seed: int) -> Effect | None:
    """The effect; None where no case has the metric, or nothing can be divided by.

    Args:
        found: the metric of the cases.
        level: of the interval.
        seed: of the bootstrap.
    """
    if not len(found.cases):
        return None
    baseline, candidate = float(found.baseline.mean()), float(found.candidate.mean())
    kind, flipped = found.metric.kind, _flips(found)
    if kind is Kind.QUANTILE:
        return _of_quantile(found, level, seed, flipped)
    if kind is Kind.MEAN:
        if baseline <= 0:
            return None
        interval = mean_change(found.baseline, found.candidate, found.sessions, level=level)
    else:
        interval = mean_difference(found.differences, found.sessions, level=level, bounded=True)
    return Effect(found.metric, baseline, candidate, interval, flipped)


def _flips(found: Paired) -> Flips:
    """Cases that are worse and better, with the p of their sessions' signs."""
    signed = found.metric.sign * found.differences
    _, places = np.unique(found.sessions, return_inverse=True)
    by_session = np.bincount(places, weights=signed).astype(float)
    by_session[np.abs(by_session) < _ZERO] = 0
    p = flips(by_session).p if found.metric.kind is Kind.SHARE else 1.0
    return Flips(int((signed < -_ZERO).sum()), int((signed > _ZERO).sum()), p)


def _of_quantile(found: Paired, level: float, seed: int, flipped: Flips) -> Effect:
    assert found.raw is not None
    _, sessions = np.unique(found.sessions, return_inverse=True)
    before, after = (Values(raw.values, sessions[raw.owners]) for raw in found.raw)
    tail = quantile_change(before, after, found.metric.quantile, seed=seed)
    count = int(sessions.max()) + 1
    if count < FEWEST_SESSIONS:
        low, high, error = -math.inf, math.inf, math.inf
    else:
        (low, high), error = tail.ends(level), float(np.std(tail.draws))
    change = tail.change
    interval = Interval(change, min(low, change), max(high, change), error, count, len(found.cases))
    return Effect(found.metric, tail.before, tail.after, interval, flipped, tail)


def reach(level: float, clusters: float) -> float:
    """How many standard errors an interval reaches to either side."""
    return float(special.stdtrit(max(clusters - 1, 1), 0.5 + level / 2))


_ZERO = 1e-12  # differences of means that rounding leaves

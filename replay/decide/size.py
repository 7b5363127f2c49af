"""What so many cases can see, and how many would settle what they leave open."""

import math
from statistics import NormalDist

from driftgate.replay.decide.effect import Effect, reach
from driftgate.replay.decide.metrics import Kind

POWER = 0.8
MOST = 10_000_000  # cases; beyond it no number settles the question
_Z = NormalDist().inv_cdf(POWER)


def minimal(effect: Effect, margin: float | None, level: float) -> float | None:
    """The smallest loss that so many cases show, with power 0.8, to exceed the margin.

    Without a margin: the smallest difference. None: the spread is not known.

    Args:
        effect: what so many cases gave.
        margin: how much worse is accepted.
        level: of the interval that must lie beyond it: with many tests, that of its share of alpha.
    """
    spread = effect.interval
    if math.isinf(spread.error):
        return None
    return (margin or 0.0) + (reach(level, spread.clusters) + _Z) * spread.error


def needed(effect: Effect, margin: float, level: float, sure: float) -> int | None:
    """Cases after which the interval lies, with power 0.8, on one side of the margin.

    Where the interval holds "no loss", that is taken as the truth; else the loss that was seen. None:
    the truth is at the margin itself, or the spread is not known, so that no number settles it.

    Args:
        effect: what so many cases gave.
        margin: how much worse is accepted.
        level: of the interval that must lie within it.
        sure: of the interval that must lie beyond it, if the truth does.
    """
    spread = effect.interval
    low, high = effect.losses
    truth = 0.0 if low <= 0 <= high else effect.loss
    distance = abs(margin - truth)
    if math.isinf(spread.error) or distance == 0:
        return None
    own, asked = _own_variance(effect), level if truth < margin else sure
    shares = effect.metric.kind in (Kind.SHARE, Kind.AGREEMENT)

    def settles(n: int) -> bool:
        clusters = spread.clusters * n / spread.n
        error = math.sqrt((own + (2 / n if shares else 0)) / n)
        return reach(asked, clusters) * error + _Z * math.sqrt(own / n) <= distance

    below, above = spread.n, 2 * spread.n
    while not settles(above):
        below, above = above, 2 * above
        if above > MOST:
            return None
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (below, middle) if settles(middle) else (middle, above)
    return above


def _own_variance(effect: Effect) -> float:
    """The squared standard error times n, without the two pseudo cases of bounded intervals."""
    spread = effect.interval
    if effect.metric.kind not in (Kind.SHARE, Kind.AGREEMENT):
        return spread.error**2 * spread.n
    cases, clusters = spread.n + 2, spread.clusters + 2
    squares = spread.error**2 * cases**2 * (clusters - 1) / clusters
    return max(0.0, (squares - 2) / cases)

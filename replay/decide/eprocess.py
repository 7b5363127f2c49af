"""Stopping early: evidence that may be looked at after every case.

A fair bet against a hypothesis cannot be expected to win: whoever bets on "the mean is at least m",
with values in a bounded range, sees their wealth multiply by more than 20 at any time with a chance
of at most 1 in 20 (J. Ville, 1939). The bets are those of I. Waudby-Smith and A. Ramdas,
"Estimating means of bounded random variables by betting", arXiv 2010.09686: predictable, from the
mean and the variance of what came before, and cut so that wealth stays above zero.
"""

import math
from dataclasses import dataclass, field

_CUT = 0.5  # of the largest bet that could not ruin; the paper's c
_PRIOR_VARIANCE = 0.25  # before anything was seen: the largest of a value in [0, 1]


@dataclass(slots=True)
class Evidence:
    """Evidence against "the mean is at most m", for values in [-1, 1]; wealth: that of the bets.

    m: the bound, in [-1, 1].
    """

    m: float
    log_wealth: float = 0.0
    _n: int = 0
    _sum: float = 0.0
    _squares: float = 0.0
    highest: float = field(default=0.0)

    def add(self, value: float) -> None:
        """The next value; the bet on it was fixed by those before."""
        x, m = (value + 1) / 2, (self.m + 1) / 2
        self.log_wealth += math.log1p(self._bet(m) * (x - m))
        self.highest = max(self.highest, self.log_wealth)
        self._n += 1
        self._sum += x
        self._squares += (x - (0.5 + self._sum) / (self._n + 1)) ** 2

    def _bet(self, m: float) -> float:
        """The stake, 0 or more: what the growth of wealth asks for (GRAPA, to second order)."""
        mean = (0.5 + self._sum) / (self._n + 1)
        variance = (_PRIOR_VARIANCE + self._squares) / (self._n + 1)
        wanted = (mean - m) / (variance + (mean - m) ** 2)
        return min(max(wanted, 0.0), _CUT / m if m else math.inf)

    def convinces(self, alpha: float) -> bool:
        """Whether the hypothesis is refuted, at any time so far, at this level."""
        return self.highest >= -math.log(alpha)


@dataclass(slots=True)
class EProcess:
    """Both questions at once, on differences in [-1, 1] (candidate minus baseline, higher better).

    margin: how much worse is accepted. Units are sessions: the mean difference of each, in the
    order in which they end, since cases of one session are not independent.
    """

    margin: float
    alpha: float = 0.05
    _kept: Evidence = field(init=False)
    _broken: Evidence = field(init=False)

    def __post_init__(self) -> None:
        self._kept = Evidence(-self.margin)
        self._broken = Evidence(self.margin)

    def add(self, difference: float) -> None:
        """The mean difference of the next session."""
        self._kept.add(difference)
        self._broken.add(-difference)

    @property
    def keeps(self) -> bool:
        """Shown: the candidate is not worse by the margin."""
        return self._kept.convinces(self.alpha)

    @property
    def breaks(self) -> bool:
        """Shown: it is worse by more than the margin."""
        return self._broken.convinces(self.alpha)

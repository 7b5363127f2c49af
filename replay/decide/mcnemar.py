"""The exact paired test for pass and fail.

Only cases in which the arms differ say anything; without a difference between the arms, each is
worse or better by the toss of a coin (Q. McNemar, Psychometrika 12, 1947; exact by the binomial
distribution). With several repetitions a case counts by the sign of its mean difference, which is
the sign test. Both counts are reported: where they are alike, churn hides (arXiv 2407.09141).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special


@dataclass(frozen=True, slots=True)
class Flips:
    """Cases in which the candidate does worse, and better; p: two-sided, exact."""

    worse: int
    better: int
    p: float


def flips(differences: Sequence[float] | NDArray[np.float64]) -> Flips:
    """The test on differences (candidate minus baseline, higher is better), one for each case."""
    values = np.asarray(differences)
    worse, better = int((values < 0).sum()), int((values > 0).sum())
    p = 2 * special.bdtr(min(worse, better), worse + better, 0.5)
    return Flips(worse, better, min(1.0, float(p)))

"""Many tests at once: p values that keep their meaning together."""

from collections.abc import Sequence

from scipy import stats


def holm(p: Sequence[float], weights: Sequence[float] | None = None) -> list[float]:
    """Adjusted p values: the chance of any false alarm stays below alpha.

    S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scand. J. Stat. 6, 1979;
    with weights, that paper's section 3: each test is tried at its share of alpha, and what is
    refuted leaves its share to the others.

    Args:
        p: of each test.
        weights: above 0; the tests' shares of alpha. None: all alike.
    """
    shares = [1.0] * len(p) if weights is None else list(weights)
    order = sorted(range(len(p)), key=lambda each: p[each] / shares[each])
    adjusted, largest, left = [1.0] * len(p), 0.0, sum(shares)
    for place in order:
        largest = max(largest, min(1.0, left / shares[place] * p[place]))
        adjusted[place] = largest
        left -= shares[place]
    return adjusted


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Adjusted p values: the share of false alarms among all alarms stays below alpha.

    Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57, 1995. Where nothing has changed at all, any
    alarm is a false one, and it is the chance of one that stays below alpha.
    """
    return [float(each) for each in stats.false_discovery_control(p)] if p else []

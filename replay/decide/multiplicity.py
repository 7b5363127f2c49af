"""Many tests at once: p values that keep their meaning together."""

from collections.abc import Sequence

from scipy import stats


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted p values: the chance of any false alarm stays below alpha (S. Holm, 1979)."""
    order = sorted(range(len(p)), key=lambda each: p[each])
    adjusted, largest = [1.0] * len(p), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[place]))
        adjusted[place] = largest
    return adjusted


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Adjusted p values: the share of false alarms among all alarms stays below alpha.

    Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57, 1995. Where nothing has changed at all, any
    alarm is a false one, and it is the chance of one that stays below alpha.
    """
    return [float(each) for each in stats.false_discovery_control(p)] if p else []

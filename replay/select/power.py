"""How many cases a question takes, and what so many cases can find. Pure.

For paired pass and fail with a share psi of cases in which the arms differ, a drop of delta has the
variance psi - delta^2 (O. Miettinen, Biometrics 24, 1968; R. Connor, Biometrics 43, 1987):
n = ((z_a sqrt(psi) + z_b sqrt(psi - delta^2)) / delta)^2. Against a margin the drop has only what
it exceeds the margin by: delta - margin in the denominator. With k repetitions of each arm, what
differs by chance averages out, and what differs by the change stays.
"""

import math
from bisect import bisect_left
from statistics import NormalDist

from driftgate.proxy.errors import UsageError

_NORMAL = NormalDist()
_ALL = 1000  # tenths of a point: a total drop
_SETTLED = 10_000_000  # cases that an unchanged model may take
_MOST = 1e9  # cases; beyond, the answer is: no number that anybody has


def needed(
    drop: float,
    flips: float,
    *,
    margin: float = 0.0,
    alpha: float = 0.05,
    power: float = 0.8,
    k: int = 1,
) -> int | None:
    """Cases that find a drop. None: no number does, since it does not exceed the margin.

    Args:
        drop: of the pass rate, 0 to 1.
        flips: share of the cases in which two single answers differ in passing.
        margin: how large a drop is accepted.
        alpha: two-sided level.
        power: the chance to find it.
        k: answers of each arm to each case.
    """
    if not 0 < drop <= 1 or drop <= margin:
        return None
    flips = min(max(flips, drop), 1.0)
    null = _variance(flips, margin, k)
    found = _z(1 - alpha / 2) * math.sqrt(null) + _z(power) * math.sqrt(_variance(flips, drop, k))
    n = (found / (drop - margin)) ** 2
    return None if n > _MOST else max(2, math.ceil(n))


def shown(
    flips: float, *, margin: float, alpha: float = 0.05, power: float = 0.9, k: int = 1
) -> int | None:
    """Cases with which an unchanged model's interval lies within the margin. None: no number does.

    The interval is that of `driftgate.replay.decide.intervals`: two pseudo cases widen it, and its
    middle lies off zero by chance. At n cases it reaches z_a sqrt(n psi/k + 2) / (n + 2) below its
    middle, which lies lower than -z_b sqrt(psi/k / n) with the chance 1 - power.

    Args:
        flips: share of the cases in which two single answers differ in passing.
        margin: how large a drop is accepted.
        alpha: two-sided level of the interval.
        power: the chance that it is shown.
        k: answers of each arm to each case.
    """
    variance = _variance(min(flips, 1.0), 0.0, k)

    def keeps(n: int) -> bool:
        reach = _z(1 - alpha / 2) * math.sqrt(n * variance + 2) / (n + 2)
        return reach + _z(power) * math.sqrt(variance / n) <= margin

    if not keeps(_SETTLED):
        return None
    return 1 + bisect_left(range(1, _SETTLED + 1), True, key=keeps)


def detectable(
    n: int,
    flips: float,
    *,
    margin: float = 0.0,
    alpha: float = 0.05,
    power: float = 0.8,
    k: int = 1,
) -> float | None:
    """The smallest drop that n cases find, to a tenth of a point. None: not even a total one.

    Raises:
        UsageError: n is no number of cases.
    """
    if n < 1:
        raise UsageError(f"{n} is no number of cases; give at least 1")

    def is_found(tenths: int) -> bool:
        drop = tenths / _ALL
        wanted = needed(drop, flips, margin=margin, alpha=alpha, power=power, k=k)
        return wanted is not None and wanted <= n

    smallest = bisect_left(range(_ALL + 1), True, key=is_found)
    return smallest / _ALL if smallest <= _ALL else None


def _variance(flips: float, drop: float, k: int) -> float:
    """Of a case's mean difference: the flips that are chance, k of them, and the drop's own.

    A case that changed for good differs in every repetition: of the share `drop` nothing averages
    out. The rest does.
    """
    lasting, chance = min(drop, flips), max(flips - drop, 0.0)
    return max(lasting + chance / k - drop**2, 0.0)


def _z(share: float) -> float:
    return _NORMAL.inv_cdf(share)

"""How the values of a metric lie in both arms: histograms, and cumulative shares of latencies.

A latency is read at its quantiles, so it is drawn as the share of answers that came within a time
(empirical distribution function), on a logarithmic scale.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from driftgate.replay.arm import Arm
from driftgate.replay.report.numbers import base_unit, value
from driftgate.replay.report.plain import one_line
from driftgate.replay.report.svg import Axis, axis, image, label, line, path
from driftgate.replay.report.words import metric as metric_name

WIDTH, HEIGHT = 430.0, 236.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 402.0, 44.0, 204.0
_NAME = 200  # characters
_BINS = 24
_FEW = 3  # values of an arm, below which there is no distribution to see
_LEAST, _MOST = 0.1, 1e12  # milliseconds; what is beyond is drawn there
_STEPS = 200  # of a cumulative curve
ARMS = (Arm.BASELINE, Arm.CANDIDATE)


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawn metric. caption: its quantiles in words. latency: whether it is one."""

    metric: str
    svg: str
    caption: str
    latency: bool


def plots(
    samples: Mapping[str, Mapping[str, Sequence[float]]], units: Mapping[str, str]
) -> list[Plot]:
    """A plot for each metric with values of both arms. units: of the metrics, as findings have them."""
    made = []
    for number, (name, arms) in enumerate(samples.items()):
        values = {arm: _finite(arms.get(arm, ())) for arm in ARMS}
        if min(len(each) for each in values.values()) >= _FEW:
            unit = base_unit(name, units.get(name, "ratio"))
            made.append(_plot(name, values, unit, f"d{number}"))
    return made


def _finite(values: Sequence[float]) -> list[float]:
    return sorted(float(each) for each in values if math.isfinite(each))


def _plot(name: str, values: Mapping[Arm, list[float]], unit: str, key: str) -> Plot:
    latency = unit == "ms"
    caption = "; ".join(_quantiles(arm, each, unit) for arm, each in values.items())
    draw = _cumulative if latency else _histogram
    parts = [*_legend(), *draw(values, unit)]
    what = "share of answers within a time" if latency else "how often each value occurs"
    title = f"{metric_name(name)}: {what}"
    svg = image(parts, width=WIDTH, height=HEIGHT, title=title, description=caption, key=key)
    return Plot(one_line(metric_name(name), _NAME), svg, caption, latency)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The least value that this share of them does not exceed (type 1 of Hyndman and Fan, 1996)."""
    return ordered[min(max(math.ceil(share * len(ordered)) - 1, 0), len(ordered) - 1)]


def _quantiles(arm: Arm, ordered: Sequence[float], unit: str) -> str:
    half, most = (value(quantile(ordered, share), unit) for share in (0.5, 0.95))
    return f"{arm}: median {half}, 95th percentile {most}"


def _legend() -> Iterator[str]:
    for arm, x in zip(ARMS, (_LEFT, _LEFT + 100), strict=True):
        yield line(x, 16, x + 22, 16, f"curve {arm}")
        yield label(arm, x + 28, 20, "tick")


def _frame(
    marks: Sequence[tuple[float, str]], heights: Sequence[tuple[float, str]]
) -> Iterator[str]:
    for y, text in heights:
        yield line(_LEFT, y, _RIGHT, y, "grid")
        yield label(text, _LEFT - 6, y + 4, "tick", "end")
    for x, text in marks:
        yield line(x, _BOTTOM, x, _BOTTOM + 4, "zero")
        yield label(text, x, _BOTTOM + 18, "tick", "middle")
    yield line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, "zero")


def _histogram(values: Mapping[Arm, list[float]], unit: str) -> Iterator[str]:
    both = [each for arm in ARMS for each in values[arm]]
    scale = axis(both, _LEFT, _RIGHT, room=0.0)
    shares = {arm: _shares(values[arm], scale) for arm in ARMS}
    top = max(each for arm in ARMS for each in shares[arm]) or 1.0
    up = Axis(0.0, top * 1.05, _BOTTOM, _TOP)
    heights = [(up.at(each), f"{each * 100:.3g} %") for each in up.ticks(3)]
    yield from _frame([(scale.at(each), _mark(each, unit)) for each in scale.ticks(4)], heights)
    for arm in ARMS:
        yield path(list(_stairs(shares[arm], up)), f"area {arm}")
        yield path(list(_stairs(shares[arm], up)), f"curve {arm}")


def _shares(values: Sequence[float], scale: Axis) -> list[float]:
    counts = [0] * _BINS
    for each in values:
        share = (scale.at(each) - _LEFT) / (_RIGHT - _LEFT)
        counts[min(max(int(share * _BINS), 0), _BINS - 1)] += 1
    return [count / len(values) for count in counts]


def _stairs(shares: Sequence[float], up: Axis) -> Iterator[tuple[float, float]]:
    step = (_RIGHT - _LEFT) / len(shares)
    yield _LEFT, _BOTTOM
    for number, share in enumerate(shares):
        yield _LEFT + number * step, up.at(share)
        yield _LEFT + (number + 1) * step, up.at(share)
    yield _RIGHT, _BOTTOM


def _cumulative(values: Mapping[Arm, list[float]], unit: str) -> Iterator[str]:
    logs = {
        arm: [math.log10(min(max(each, _LEAST), _MOST)) for each in values[arm]] for arm in ARMS
    }
    scale = axis([each for arm in ARMS for each in logs[arm]], _LEFT, _RIGHT, room=0.02)
    up = Axis(0.0, 1.0, _BOTTOM, _TOP)
    heights = [(up.at(share), f"{share * 100:.0f} %") for share in (0.0, 0.5, 0.95)]
    yield from _frame(
        [(scale.at(math.log10(each)), value(each, unit)) for each in _times(scale)], heights
    )
    for arm in ARMS:
        yield path(list(_climb(logs[arm], scale, up)), f"curve {arm}")


def _climb(ordered: Sequence[float], scale: Axis, up: Axis) -> Iterator[tuple[float, float]]:
    width = scale.high - scale.low
    for number in range(_STEPS + 1):
        at = scale.low + width * number / _STEPS
        yield scale.at(at), up.at(bisect_right(ordered, at) / len(ordered))


def _times(scale: Axis) -> list[float]:
    """Round times within a scale of logarithms, four or so."""
    powers = range(math.floor(scale.low), math.ceil(scale.high) + 1)
    for factors in ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 5), (1, 3), (1,)):
        found = [factor * 10.0**power for power in powers for factor in factors]
        within = [each for each in found if scale.low <= math.log10(each) <= scale.high]
        if len(within) <= 5:  # noqa: PLR2004 - as many as have room for their names
            return within
    return within[:: max(len(within) // 4, 1)]


def _mark(number: float, unit: str) -> str:
    return f"{number * 100:.4g} %" if unit == "share" else f"{number:,.4g}"

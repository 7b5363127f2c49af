"""Numbers and names in sentences that people read."""

import math

from driftgate.contracts.json_values import cut
from driftgate.replay.decide.effect import Effect
from driftgate.replay.decide.metrics import Metric

_NAME = 60  # characters of a name that others chose
_SMALL = 0.0005
_TENTH = 0.1
_DIGITS = 100  # below it, a value has a digit after the point


def points(share: float) -> str:
    """0.112 -> 11.2 points."""
    figure = _figure(100 * share)
    return f"{figure} point" if figure == "1" else f"{figure} points"


def percent(share: float) -> str:
    """0.112 -> 11.2 %."""
    return f"{_figure(100 * share)} %"


def amount(metric: Metric, value: float) -> str:
    """An effect or a margin: points of shares, percent of relative changes."""
    return points(value) if metric.unit == "share" else _plain(metric, value) + _sign(metric)


def own(metric: Metric, value: float) -> str:
    """An arm's own value."""
    if metric.natural == "share":
        return percent(value)
    if metric.natural == "distance":
        return _plain(metric, value)
    return f"{value:,.1f} {metric.natural}" if value < _DIGITS else f"{value:,.0f} {metric.natural}"


def change(effect: Effect, level: float, margin: float | None) -> str:
    """2.1 points lower (95 % interval 4.0 lower to 0.2 lower, margin 2)."""
    metric = effect.metric
    return f"{_sided(metric, effect.interval.mean)} ({interval(effect, level, margin)})"


def interval(effect: Effect, level: float, margin: float | None, *, sided: bool = True) -> str:
    """95 % interval 0.2 to 4 points lower, margin 2; without `sided`: 0.2 to 4 points."""
    metric, ends = effect.metric, (effect.interval.low, effect.interval.high)
    told = f"{percent(level)} interval {_ends(metric, *ends, sided=sided)}"
    return told if margin is None else f"{told}, margin {_plain(metric, margin)}"


def counted(number: int, noun: str) -> str:
    """1 case, 2,000 cases."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def named(text: str) -> str:
    """A name that others chose, in one printable line."""
    return cut("".join(c if c.isprintable() and c != "`" else " " for c in text[:1000]), _NAME)


def listed(texts: list[str]) -> str:
    """a, b and c."""
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def metric_change(effect: Effect) -> str:
    """Served share 2.1 points lower."""
    return f"{effect.metric.words} {_sided(effect.metric, effect.interval.mean)}"


def at_margin(metric: Metric, margin: float) -> str:
    """Its margin of 2 points."""
    return f"its margin of {amount(metric, margin)}"


def _sided(metric: Metric, value: float) -> str:
    if abs(value) < _SMALL:
        return "unchanged"
    return f"{amount(metric, abs(value))} {'higher' if value > 0 else 'lower'}"


def _ends(metric: Metric, low: float, high: float, *, sided: bool) -> str:
    unit = " points" if metric.unit == "share" else _sign(metric)
    if math.isinf(low) or math.isinf(high):
        return "of any width"
    if low * high > 0:
        near, far = sorted((abs(low), abs(high)))
        side = f" {'higher' if low > 0 else 'lower'}" if sided else ""
        return f"{_plain(metric, near)} to {_plain(metric, far)}{unit}{side}"
    return f"{_plain(metric, -low)}{unit} lower to {_plain(metric, high)} higher"


def _plain(metric: Metric, value: float) -> str:
    """The figure without its unit."""
    return f"{abs(value):.3f}" if metric.unit == "distance" else _figure(100 * value)


def _sign(metric: Metric) -> str:
    return " %" if metric.unit == "ratio" else ""


def _figure(value: float) -> str:
    """One digit after the point, none where it would be 0; two of what is below a tenth."""
    if abs(value) < _TENTH:
        return f"{abs(value):.2f}".rstrip("0").rstrip(".")
    return f"{value:,.1f}".removesuffix(".0")

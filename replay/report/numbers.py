"""Figures of findings as people read them: in their units, with digits that mean something.

A share is shown in percent and its effect in points; a ratio in percent; milliseconds become
seconds from ten seconds on. What only rounding left of nothing, such as 3e-17, is nothing.
"""

import math
import re

_SECONDS_FROM = 10_000.0  # milliseconds
_DECIMALS = ((100, 0), (10, 1), (1, 2))  # from this value on, so many digits behind the point
_SMALL = 0.001
_NOISE = 1e-9  # of what was measured: nobody measures so finely
_TIME = re.compile(r"(^|_)(ms|latency|time|duration)(_|$)|first_token")
_TOKENS = re.compile(r"(^|_)(tokens|length)(_|$)")
NOTHING = "-"


def amount(value: float) -> str:
    """Three digits that matter, thousands set apart: 1,234; 56.7; 0.123."""
    size = abs(value)
    if size < _SMALL:
        return f"{value:.1g}" if value else "0"
    decimals = next((each for limit, each in _DECIMALS if size >= limit), 3)
    return f"{value:,.{decimals}f}"


def real(number: float, unit: str = "", size: float | None = None) -> float:
    """The number, or zero where it is what rounding left. size: as of `change`; shares are of one."""
    whole = 1.0
    if size is not None and math.isfinite(size) and unit not in {"share", "ratio"}:
        whole = max(abs(size), 1.0)
    return 0.0 if abs(number) < _NOISE * whole else number


def base_unit(metric: str, unit: str) -> str:
    """The unit of an arm's own value: of a ratio it is that of what was measured, by its name."""
    if unit != "ratio":
        return unit
    if "per_second" in metric:
        return "per second"
    if _TIME.search(metric):
        return "ms"
    return "tokens" if _TOKENS.search(metric) else "number"


def value(number: float | None, unit: str) -> str:
    """An arm's own value with its unit."""
    if number is None or not math.isfinite(number):
        return NOTHING
    number = real(number)
    if unit == "share":
        return f"{_percent(number)} %"
    return with_unit(amount(_scaled(number, unit, number)), unit, number)


def change(number: float | None, unit: str, size: float | None = None) -> str:
    """A signed difference with its unit; size: the values it is of, which choose ms or s."""
    if number is None or not math.isfinite(number):
        return NOTHING
    return with_unit(_signed(number, unit, size), unit, size, of_change=True)


def magnitude(number: float | None, unit: str, size: float | None = None) -> str:
    """How large a difference is, in either direction, with its unit; of none there is nothing to tell."""
    if number is None or not real(number, unit, size):
        return NOTHING
    return change(abs(number), unit, size).removeprefix("+")


def interval(low: float | None, high: float | None, unit: str, size: float | None = None) -> str:
    """A confidence interval with its unit once: -3.9 to -0.3 points. An open end is named so."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return NOTHING
    ends = [
        _signed(each, unit, size) if math.isfinite(each) else f"{'-' if each < 0 else '+'}infinity"
        for each in (low, high)
    ]
    return with_unit(f"{ends[0]} to {ends[1]}", unit, size, of_change=True)


def margin(number: float | None, unit: str, size: float | None = None) -> str:
    """A margin with its unit, as short as it was set: 2 points, 10 %."""
    if number is None or not math.isfinite(number):
        return NOTHING
    scaled = number * 100 if unit in {"share", "ratio"} else _scaled(number, unit, size)
    return with_unit(f"{scaled:.4g}", unit, size, of_change=True)


def probability(number: float | None) -> str:
    """A p value: two digits, and below 0.001 only that it is."""
    if number is None or math.isnan(number):
        return NOTHING
    return "< 0.001" if number < 0.001 else f"{number:.2g}"  # noqa: PLR2004 - as papers write it


def with_unit(text: str, unit: str, size: float | None = None, *, of_change: bool = False) -> str:
    """`text` and the name of its unit."""
    if unit == "ms" and _in_seconds(size):
        return f"{text} s"
    names = {"share": "points" if of_change else "%", "ratio": "%", "ms": "ms", "tokens": "tokens"}
    names["per second"] = "/s"
    name = "point" if text in {"1", "+1.0", "-1.0"} and unit == "share" else names.get(unit, "")
    return f"{text} {name}" if name else text


def _in_seconds(size: float | None) -> bool:
    return size is not None and math.isfinite(size) and abs(size) >= _SECONDS_FROM


def _scaled(number: float, unit: str, size: float | None) -> float:
    return number / 1000 if unit == "ms" and _in_seconds(size) else number


def _percent(number: float) -> str:
    text = f"{number * 100:.1f}"
    if text in {"100.0", "0.0"}:
        return f"{number * 100:.3g}" if number not in {0.0, 1.0} else text[:-2]
    return text


def _signed(number: float, unit: str, size: float | None) -> str:
    number = real(number, unit, size)
    if unit in {"share", "ratio"}:
        text = f"{number * 100:+,.1f}"
        return text if float(text.replace(",", "")) or not number else f"{number * 100:+.2g}"
    scaled = _scaled(number, unit, size)
    return ("+" if scaled >= 0 else "") + amount(scaled)

"""Drawing in SVG: elements with their text escaped, and axes with round numbers.

Plots are looked at and read aloud: each is an image with a title and a description (WAI-ARIA
Graphics). Colours come from classes, so that the page's style chooses them for light and dark.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from driftgate.replay.report.plain import one_line

_TEXT = 200  # characters of one label
_DESCRIPTION = 2_000
_STEPS = (1, 2, 2.5, 5, 10)
_DIGITS = 6


def element(name: str, *inside: str, **attributes: float | str) -> str:
    """An element; `class_` is class, and _ in a name is -. inside: SVG that is made already."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{told}>{''.join(inside)}</{name}>" if inside else f"<{name}{told}/>"


def label(text: str, x: float, y: float, kind: str = "label", anchor: str = "start") -> str:
    """Text at a place; anchor: start, middle or end."""
    return element("text", _said(text, _TEXT), x=x, y=y, class_=kind, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def rectangle(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A rectangle; one of no width or height is not drawn by browsers."""
    return element("rect", x=x, y=y, width=max(width, 0), height=max(height, 0), class_=kind)


def path(points: Sequence[tuple[float, float]], kind: str) -> str:
    """A line through the points."""
    told = "L".join(f"{_value(x)} {_value(y)}" for x, y in points)
    return element("path", d=f"M{told}", class_=kind)


def image(
    parts: Sequence[str], *, width: float, height: float, title: str, description: str, key: str
) -> str:
    """The whole plot. key: tells its ids from those of the page's other plots, letters and digits."""
    return element(
        "svg",
        element("title", _said(title, _TEXT), id=f"{key}-title"),
        element("desc", _said(description, _DESCRIPTION), id=f"{key}-desc"),
        *parts,
        viewBox=f"0 0 {_value(width)} {_value(height)}",
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
        class_="plot",
    )


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear scale from values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value lies; one beyond an end lies at that end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, about: int = 5) -> list[float]:
        """Round numbers within the scale."""
        raw = (self.high - self.low) / max(about, 1)
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(each * power for each in _STEPS if each * power >= raw * (1 - 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def axis(values: Sequence[float], start: float, end: float, *, room: float = 0.06) -> Axis:
    """A scale that holds all finite values, with some room at both ends."""
    finite = [each for each in values if math.isfinite(each) and abs(each) < 1e200]  # noqa: PLR2004 - beyond, differences overflow
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        around = abs(high) / 2 or 0.5
        low, high = low - around, high + around
    spread = high - low
    return Axis(low - room * spread, high + room * spread, start, end)


def _value(value: float | str) -> str:
    if isinstance(value, str):
        return escape(value, quote=True)
    return f"{round(value, 2):.{_DIGITS}g}"


def _said(text: str, limit: int) -> str:
    return escape(one_line(text, limit), quote=True) or " "

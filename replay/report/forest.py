"""Effects with their intervals and margins, one row a finding (a forest plot)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from driftgate.replay.report import numbers
from driftgate.replay.report.rows import Row
from driftgate.replay.report.svg import Axis, axis, image, label, line, path, rectangle


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand, in pixels. start, end: of the plot. row: height of one; band: of its plot.

    name, effect, word: (x, y, anchor) of a row's texts, y from its top. middle: of its plot, likewise.
    """

    width: float
    start: float
    end: float
    row: float
    band: float
    middle: float
    name: tuple[float, float, str]
    effect: tuple[float, float, str]
    word: tuple[float, float, str]
    ticks: int


# texts beside the plot; and, for a phone, above it
WIDE = Layout(
    *(880.0, 250.0, 640.0, 28.0, 24.0, 14.0),
    name=(8.0, 18.0, "start"),
    effect=(770.0, 18.0, "end"),
    word=(784.0, 18.0, "start"),
    ticks=7,
)
NARROW = Layout(
    *(340.0, 6.0, 334.0, 66.0, 20.0, 50.0),
    name=(6.0, 15.0, "start"),
    effect=(6.0, 32.0, "start"),
    word=(334.0, 32.0, "end"),
    ticks=4,
)
_TOP, _BOTTOM = 32.0, 28.0
_HEAD = 4.0  # half the height of an interval's ends
_SHOWN = 30  # rows
_NAME = 38  # characters
_UNITS = {"share": "points", "ratio": "percent", "ms": "milliseconds"}


def forests(rows: Sequence[Row], key: str, interval: str, layout: Layout = WIDE) -> list[str]:
    """A plot for each unit and direction in which there are effects.

    Args:
        rows: the findings.
        key: of the plots' ids.
        interval: what their intervals are called.
        layout: WIDE or NARROW.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.finding.effect is not None and math.isfinite(row.finding.effect):
            groups.setdefault((row.finding.unit, row.finding.better), []).append(row)
    return [
        _forest(found[:_SHOWN], (unit, better), f"{key}{number}", interval, layout)
        for number, ((unit, better), found) in enumerate(groups.items())
    ]


def _forest(
    rows: Sequence[Row], kind: tuple[str, str], key: str, interval: str, layout: Layout
) -> str:
    unit, better = kind
    scale = axis([0.0, *_figures(rows)], layout.start, layout.end)
    bottom = _TOP + layout.row * len(rows)
    parts = [*_frame(scale, unit, better, bottom, layout.ticks)]
    for number, row in enumerate(rows):
        parts += _row(row, scale, _TOP + layout.row * number, layout)
    title = f"Effects ({_UNITS.get(unit, unit)}), candidate minus baseline"
    return image(
        parts,
        width=layout.width,
        height=bottom + _BOTTOM,
        title=title,
        description="; ".join(_said(row, interval) for row in rows),
        key=key,
    )


def _figures(rows: Sequence[Row]) -> Iterator[float]:
    for row in rows:
        found = row.finding
        known = (each for each in (found.effect, found.low, found.high) if each is not None)
        yield from map(numbers.real, known)
        if found.margin is not None:
            yield _limit(found.margin, found.better)


def _limit(margin: float, better: str) -> float:
    """The effect at which it is as much worse as is still accepted."""
    return -margin if better == "higher" else margin


def _frame(scale: Axis, unit: str, better: str, bottom: float, ticks: int) -> Iterator[str]:
    for tick in scale.ticks(ticks):
        x = scale.at(tick)
        yield line(x, _TOP, x, bottom, "grid")
        yield label(_tick(tick, unit), x, bottom + 17, "tick", "middle")
    zero = scale.at(0.0)
    yield line(zero, _TOP, zero, bottom, "zero")
    left, right = ("worse", "better") if better == "higher" else ("better", "worse")
    yield label(_UNITS.get(unit, unit), (scale.start + scale.end) / 2, _TOP - 12, "tick", "middle")
    yield label(f"\u2190 {left}", scale.start, _TOP - 12, "tick")
    yield label(f"{right} \u2192", scale.end, _TOP - 12, "tick", "end")


def _tick(value: float, unit: str) -> str:
    scaled = value * 100 if unit in {"share", "ratio"} else value
    sign = "\u2212" if scaled < 0 else ""
    return f"{sign}{abs(scaled):,.4g}"


def _row(row: Row, scale: Axis, top: float, layout: Layout) -> Iterator[str]:
    found, y = row.finding, top + layout.middle
    name = row.metric if not found.slice else f"{row.slice}: {row.metric}"
    name = name if len(name) <= _NAME else f"{name[: _NAME - 1]}\u2026"
    effect = row.effect.replace("-", "\u2212")
    texts = ((name, layout.name, "label"), (effect, layout.effect, "figure"))
    for text, (x, down, anchor), kind in (*texts, (row.word, layout.word, f"word {row.tone}")):
        yield label(text, x, top + down, kind, anchor)
    if found.margin is not None and math.isfinite(found.margin):
        yield from _beyond(scale, _limit(found.margin, found.better), found.better, y, layout.band)
    low, high = found.low, found.high
    if low is not None and high is not None and not (math.isnan(low) or math.isnan(high)):
        yield line(scale.at(low), y, scale.at(high), y, f"whisker {row.tone}")
        for end in (low, high):
            x = scale.at(end)
            yield line(x, y - _HEAD, x, y + _HEAD, f"whisker {row.tone}")
    x = scale.at(found.effect or 0.0)
    diamond = [(x - 5, y), (x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)]
    yield path(diamond, f"point {row.tone}")


def _beyond(scale: Axis, limit: float, better: str, y: float, band: float) -> Iterator[str]:
    """What is not accepted of the row, and the line where it begins."""
    x = scale.at(limit)
    top = y - band / 2
    start, end = (scale.start, x) if better == "higher" else (x, scale.end)
    yield rectangle(start, top, end - start, band, "beyond")
    yield line(x, top, x, top + band, "margin")


def _said(row: Row, interval: str) -> str:
    margin = "" if row.margin == numbers.NOTHING else f", margin {row.margin}"
    name = row.metric if not row.finding.slice else f"{row.metric} of {row.slice}"
    return f"{name}: {row.effect}, {interval} {row.interval}{margin}, {row.word}"

"""Effects with their intervals and margins, one row a finding (a forest plot)."""

import math
from collections.abc import Iterator, Sequence

from driftgate.replay.report import numbers
from driftgate.replay.report.rows import Row
from driftgate.replay.report.svg import Axis, axis, image, label, line, path, rectangle

WIDTH = 880.0
_NAMES, _RIGHT = 250.0, 640.0  # where the plot begins and ends
_ROW, _TOP, _BOTTOM = 28.0, 32.0, 28.0
_HEAD = 4.0  # half the height of an interval's ends
_SHOWN = 30  # rows
_NAME = 38  # characters
_UNITS = {"share": "points", "ratio": "percent", "ms": "milliseconds"}


def forests(rows: Sequence[Row], key: str, interval: str) -> list[str]:
    """A plot for each unit and direction in which there are effects.

    Args:
        rows: the findings.
        key: of the plots' ids.
        interval: what their intervals are called.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.finding.effect is not None and math.isfinite(row.finding.effect):
            groups.setdefault((row.finding.unit, row.finding.better), []).append(row)
    return [
        _forest(found[:_SHOWN], (unit, better), f"{key}{number}", interval)
        for number, ((unit, better), found) in enumerate(groups.items())
    ]


def _forest(rows: Sequence[Row], kind: tuple[str, str], key: str, interval: str) -> str:
    unit, better = kind
    scale = axis([0.0, *_figures(rows)], _NAMES, _RIGHT)
    bottom = _TOP + _ROW * len(rows)
    parts = [*_frame(scale, unit, better, bottom)]
    for number, row in enumerate(rows):
        parts += _row(row, scale, _TOP + _ROW * (number + 0.5))
    title = f"Effects ({_UNITS.get(unit, unit)}), candidate minus baseline"
    return image(
        parts,
        width=WIDTH,
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


def _frame(scale: Axis, unit: str, better: str, bottom: float) -> Iterator[str]:
    for tick in scale.ticks(7):
        x = scale.at(tick)
        yield line(x, _TOP, x, bottom, "grid")
        yield label(_tick(tick, unit), x, bottom + 17, "tick", "middle")
    zero = scale.at(0.0)
    yield line(zero, _TOP, zero, bottom, "zero")
    left, right = ("worse", "better") if better == "higher" else ("better", "worse")
    yield label(_UNITS.get(unit, unit), (_NAMES + _RIGHT) / 2, _TOP - 12, "tick", "middle")
    yield label(f"\u2190 {left}", _NAMES, _TOP - 12, "tick")
    yield label(f"{right} \u2192", _RIGHT, _TOP - 12, "tick", "end")


def _tick(value: float, unit: str) -> str:
    scaled = value * 100 if unit in {"share", "ratio"} else value
    sign = "\u2212" if scaled < 0 else ""
    return f"{sign}{abs(scaled):,.4g}"


def _row(row: Row, scale: Axis, y: float) -> Iterator[str]:
    found = row.finding
    name = row.metric if not found.slice else f"{row.slice}: {row.metric}"
    yield label(name if len(name) <= _NAME else f"{name[: _NAME - 1]}\u2026", 8, y + 4)
    if found.margin is not None and math.isfinite(found.margin):
        yield from _beyond(scale, _limit(found.margin, found.better), found.better, y)
    low, high = found.low, found.high
    if low is not None and high is not None and not (math.isnan(low) or math.isnan(high)):
        yield line(scale.at(low), y, scale.at(high), y, f"whisker {row.tone}")
        for end in (low, high):
            x = scale.at(end)
            yield line(x, y - _HEAD, x, y + _HEAD, f"whisker {row.tone}")
    x = scale.at(found.effect or 0.0)
    diamond = [(x - 5, y), (x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)]
    yield path(diamond, f"point {row.tone}")
    yield label(row.effect.replace("-", "\u2212"), WIDTH - 110, y + 4, "figure", "end")
    yield label(row.word, WIDTH - 96, y + 4, f"word {row.tone}")


def _beyond(scale: Axis, limit: float, better: str, y: float) -> Iterator[str]:
    """What is not accepted of the row, and the line where it begins."""
    x = scale.at(limit)
    top = y - _ROW / 2 + 2
    start, end = (scale.start, x) if better == "higher" else (x, scale.end)
    yield rectangle(start, top, end - start, _ROW - 4, "beyond")
    yield line(x, top, x, top + _ROW - 4, "margin")


def _said(row: Row, interval: str) -> str:
    margin = "" if row.margin == numbers.NOTHING else f", margin {row.margin}"
    name = row.metric if not row.finding.slice else f"{row.metric} of {row.slice}"
    return f"{name}: {row.effect}, {interval} {row.interval}{margin}, {row.word}"

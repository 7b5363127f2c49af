"""The answer to a typed query as a drawing: its first column is the axis, its numbers are the series.

Times and numbers become a chart of static/charts.js, anything else bars beside their names, which the
server draws itself. Series that would vanish beside others, such as counts beside milliseconds, are a
drawing of their own: two scales on one drawing are read wrongly. Pure.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from driftgate.dashboards.chart import NONE, Chart, Series
from driftgate.proxy.harmless import one_line

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Result

SERIES = 6  # as many as there are colours
BARS = 60  # rows that become bars
APART = 50  # a series that is so many times shorter than another is hardly seen beside it
_NAME = 80  # characters of a name
KINDS = ("line", "bars", "points")
Kind = Literal["line", "bars", "points"]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. share: of the longest, 0 to 100. series: which one, from 1. text: the number."""

    name: str
    text: str
    share: float
    series: int


@dataclass(frozen=True, slots=True)
class Bars:
    """Names with their bars, which have one scale. left_out: rows that have none."""

    title: str
    rows: list[tuple[str, list[Bar]]]
    left_out: int


def draw(result: "Result", kind: str) -> tuple[list[Chart], list[Bars]]:
    """The drawings that suit it, all of one sort; none where there is no axis with numbers beside it."""
    series = [place for place in range(1, len(result.columns)) if _numeric(result, place)][:SERIES]
    if not series or not result.rows:
        return [], []
    ats = [_at(row[0]) for row in result.rows]
    rows = sorted(
        ((at, row) for at, row in zip(ats, result.rows, strict=True) if at is not None),
        key=lambda pair: pair[0],
    )
    named = any(at is None and row[0] is not None for at, row in zip(ats, result.rows, strict=True))
    if named or not rows:
        return [], [_bars(result, each) for each in _scales(result.rows[:BARS], series)]
    scales = _scales([row for _, row in rows], series)
    return [_chart(result, each, rows, _kind(kind)) for each in scales], []


def _scales(rows: Sequence[Sequence[Any]], series: Sequence[int]) -> list[list[int]]:
    """The series that can be seen on one scale, together; in the order of their first columns."""
    longest = {place: _longest(row[place] for row in rows) for place in series}
    found: list[list[int]] = []
    for place in sorted(series, key=lambda place: -longest[place]):
        if found and (not longest[place] or longest[place] * APART >= longest[found[-1][0]]):
            found[-1].append(place)
        else:
            found.append([place])
    return sorted(sorted(each) for each in found)


def _longest(values: Iterable[Any]) -> float:
    return max((abs(n) for value in values if (n := _number(value)) is not None), default=0.0)


def _kind(name: str) -> Kind:
    return "bars" if name == "bars" else "points" if name == "points" else "line"


def _chart(
    result: "Result", series: Sequence[int], rows: Sequence[tuple[float, Sequence[Any]]], kind: Kind
) -> Chart:
    names = [one_line(name)[:_NAME] for name in result.columns]
    return Chart(
        title=_title(result, series),
        x=[at for at, _ in rows],
        series=[Series(names[place], [_number(row[place]) for _, row in rows]) for place in series],
        kind=kind,
        time=isinstance(rows[0][1][0], date),
        x_label=names[0],
    )


def _title(result: "Result", series: Sequence[int]) -> str:
    axis, *names = (one_line(result.columns[place])[:_NAME] for place in (0, *series))
    return f"{', '.join(names)} by {axis}"


def _bars(result: "Result", series: Sequence[int]) -> Bars:
    shown = result.rows[:BARS]
    numbers = [[_number(row[place]) for place in series] for row in shown]
    most = _longest(row[place] for row in shown for place in series) or 1
    rows = [
        (
            one_line(str("NULL" if row[0] is None else row[0])[: _NAME * 2])[:_NAME],
            [
                Bar(
                    one_line(result.columns[place])[:_NAME],
                    _figure(number),
                    round(abs(number or 0) / most * 100, 2),
                    order,
                )
                for order, (place, number) in enumerate(zip(series, line, strict=True), 1)
            ],
        )
        for row, line in zip(shown, numbers, strict=True)
    ]
    return Bars(_title(result, series), rows, len(result.rows) - len(shown))


def _figure(number: float | None) -> str:
    if number is None:
        return NONE
    whole = number == int(number) or abs(number) >= 1000  # noqa: PLR2004 - four digits say enough
    return f"{number:,.0f}" if whole else f"{number:,.4g}"


def _numeric(result: "Result", place: int) -> bool:
    values = [row[place] for row in result.rows if row[place] is not None]
    return bool(values) and all(
        isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in values
    )


def _number(value: Any) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _at(value: Any) -> float | None:
    """A place on an axis: epoch seconds of a time, or a number; None: it is neither."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return _number(value)

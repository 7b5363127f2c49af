"""Charts: numbers over time or over steps, which static/charts.js draws with uPlot.

The same numbers stand beside each chart as a table, for those who do not see it and for paper.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Number = float | int | None
NONE = "\u2013"  # where there is no number


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart: a number for each place on its axis, None where there is none."""

    name: str
    values: Sequence[Number]


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment worth knowing on a time axis, such as a change of the model. at: epoch seconds."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn.

    x: epoch seconds where `time`, else plain numbers (steps of a session, say), ascending.
    unit: ms, tokens/s, %, tokens, calls, bytes or empty; the axis and the table name it.
    kind: line, bars, or points. stacked: series stand on each other's shoulders.
    """

    title: str
    x: Sequence[float]
    series: Sequence[Series]
    unit: str = ""
    kind: Literal["line", "bars", "points"] = "line"
    time: bool = True
    stacked: bool = False
    marks: Sequence[Mark] = field(default=())
    x_label: str = ""

    @property
    def json(self) -> str:
        """What the script reads."""
        return json.dumps(
            {
                "time": self.time,
                "kind": self.kind,
                "stacked": self.stacked,
                "unit": self.unit,
                "x": list(self.x),
                "series": [
                    {"name": each.name, "values": [_finite(value) for value in each.values]}
                    for each in self.series
                ],
                "marks": [{"at": mark.at, "label": mark.label} for mark in self.marks],
                "xLabel": self.x_label,
            }
        )

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(value is not None for each in self.series for value in each.values)

    @property
    def heads(self) -> list[str]:
        """The table's heads."""
        unit = f" ({self.unit})" if self.unit else ""
        first = self.x_label or ("time (UTC)" if self.time else "")
        return [first, *(f"{each.name}{unit}" for each in self.series)]

    @property
    def rows(self) -> Iterable[list[str]]:
        """The table's rows, as text."""
        for place, at in enumerate(self.x):
            yield [
                _moment(at) if self.time else _figure(at),
                *(_figure(each.values[place]) for each in self.series),
            ]


def seconds(at: datetime | None) -> float | None:
    """Epoch seconds of a time from the history, which is UTC."""
    return None if at is None else at.replace(tzinfo=UTC).timestamp()


def _finite(value: Any) -> Number:
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def _figure(value: Number) -> str:
    number = _finite(value)
    if number is None:
        return NONE
    return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}"

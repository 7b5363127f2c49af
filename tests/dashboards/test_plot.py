"""Answers as drawings."""

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from driftgate.dashboards.chart import NONE
from driftgate.dashboards.plot import BARS, SERIES, draw
from driftgate.proxy.history.reader import Result


def result(*rows: tuple[Any, ...], columns: list[str] | None = None) -> Result:
    names = columns or ["x", *(f"y{number}" for number in range(1, len(rows[0])))]
    return Result(names, ["?"] * len(names), list(rows), cut=False)


def at(hour: int) -> datetime:
    return datetime(2026, 1, 1, hour)  # noqa: DTZ001 - the history's own form


def test_times_become_a_chart_in_their_order() -> None:
    (chart,), bars = draw(result((at(2), 5), (at(1), Decimal("2.5")), (None, 9)), "line")
    assert not bars
    assert chart.x == [1767229200.0, 1767232800.0]
    assert [list(each.values) for each in chart.series] == [[2.5, 5.0]]
    assert (chart.time, chart.kind, chart.title) == (True, "line", "y1 by x")


def test_dates_and_numbers_are_axes_too() -> None:
    (chart,), _ = draw(result((date(2026, 1, 1), 1)), "bars")
    assert (chart.x, chart.time, chart.kind) == ([1767225600.0], True, "bars")
    (chart,), _ = draw(result((3, 1), (Decimal(2), 1)), "points")
    assert (chart.x, chart.time, chart.kind) == ([2.0, 3.0], False, "points")


def test_names_become_bars_on_one_scale() -> None:
    charts, (bars,) = draw(result(("a", 50, None), (None, 100, -25)), "line")
    assert not charts
    assert bars.title == "y1, y2 by x"
    assert [name for name, _ in bars.rows] == ["a", "NULL"]
    assert [(bar.share, bar.text) for _, line in bars.rows for bar in line] == [
        (50.0, "50"),
        (0.0, NONE),
        (100.0, "100"),
        (25.0, "-25"),
    ]


def test_series_that_would_vanish_beside_others_are_drawn_apart() -> None:
    columns = ["hour", "calls", "p50_ms", "failed", "p95_ms", "none"]
    rows = [(at(hour), 12, 900, 0.5, -9000.0, 0) for hour in range(3)]
    charts, _ = draw(result(*rows, columns=columns), "line")
    assert [each.title for each in charts] == [
        "calls, failed, none by hour",
        "p50_ms, p95_ms by hour",
    ]
    _, drawn = draw(result(("a", 180, 9000), columns=["model", "calls", "ms"]), "bars")
    assert [each.title for each in drawn] == ["calls, ms by model"]
    _, drawn = draw(result(("a", 179, 9000), columns=["model", "calls", "ms"]), "bars")
    assert [each.title for each in drawn] == ["calls by model", "ms by model"]
    assert [bar.share for each in drawn for _, line in each.rows for bar in line] == [100.0, 100.0]


def test_columns_without_numbers_are_left_out_and_there_are_only_so_many_series() -> None:
    row = (1, "text", True, *range(10, 30))
    (chart,), _ = draw(result(row), "line")
    assert [each.name for each in chart.series] == [f"y{n}" for n in range(3, 3 + SERIES)]


@pytest.mark.parametrize(
    "rows", [[(1,)], [("a", "b")], [(1, None)], [(1, [2])], [(1, True)]], ids=str
)
def test_what_has_no_numbers_is_not_drawn(rows: list[tuple[Any, ...]]) -> None:
    assert draw(result(*rows), "line") == ([], [])


def test_no_rows_are_not_drawn() -> None:
    assert draw(Result(["x", "y"], ["INTEGER", "INTEGER"], [], cut=False), "line") == ([], [])


def test_numbers_that_cannot_be_drawn_are_gaps() -> None:
    (chart,), _ = draw(result((1, math.nan), (2, math.inf), (3, 10**400), (4, 1)), "line")
    assert list(chart.series[0].values) == [None, None, None, 1.0]
    assert draw(result((math.nan, 1)), "line")[1]


def test_bars_are_few_and_their_names_short_and_harmless() -> None:
    many = [("\x1b[31m" + "n" * 500, 1)] * (BARS + 5)
    _, (bars,) = draw(result(*many), "line")
    assert (len(bars.rows), bars.left_out) == (BARS, 5)
    assert len(bars.rows[0][0]) <= 100
    assert "\x1b" not in bars.rows[0][0]


def test_figures_of_bars_are_written_out() -> None:
    _, (bars,) = draw(
        result(*(("a", number) for number in (35347.549, 1234567.5, 7.25, 0.123456))), "bars"
    )
    assert [line[0].text for _, line in bars.rows] == ["35,348", "1,234,568", "7.25", "0.1235"]

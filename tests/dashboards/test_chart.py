"""Charts, and the same numbers as a table."""

import json
import math
from datetime import datetime

from driftgate.dashboards.chart import Chart, Mark, Series, seconds

CHART = Chart(
    "Time to first token",
    [1_700_000_000, 1_700_003_600],
    [Series("p50", [1.5, None]), Series("p95", [2000, math.nan])],
    unit="ms",
    marks=[Mark(1_700_000_100, "</script><b>gemma4 changed")],
)


def test_the_script_gets_no_number_that_json_does_not_know() -> None:
    told = json.loads(CHART.json)
    assert [each["values"] for each in told["series"]] == [[1.5, None], [2000.0, None]]
    assert told["marks"][0]["label"] == "</script><b>gemma4 changed"


def test_the_table_holds_the_same_numbers() -> None:
    assert CHART.heads == ["time (UTC)", "p50 (ms)", "p95 (ms)"]
    assert list(CHART.rows) == [
        ["2023-11-14 22:13", "1.50", "2,000"],
        ["2023-11-14 23:13", "\u2013", "\u2013"],
    ]


def test_a_chart_without_numbers_says_so() -> None:
    assert Chart("none", [1], [Series("a", [None])]).empty
    assert not CHART.empty


def test_times_of_the_history_are_utc() -> None:
    assert seconds(datetime(2023, 11, 14, 22, 13, 20)) == 1_700_000_000  # noqa: DTZ001 - as DuckDB gives it
    assert seconds(None) is None

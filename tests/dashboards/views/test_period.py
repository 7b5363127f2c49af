"""The time that a page looks at."""

from datetime import datetime, timedelta

import pytest

from driftgate.dashboards.views.period import MOST_STEPS, RANGES, STEPS, period, step, steps
from driftgate.proxy.errors import UsageError

NOW = datetime.fromisoformat("2026-11-28T20:30:07")


def test_a_range_has_as_much_time_before_it() -> None:
    day = period("24h", NOW)
    assert (day.since, day.until, day.before) == (
        NOW - timedelta(days=1),
        NOW,
        NOW - timedelta(days=2),
    )
    assert day.words_before == "the 24 hours before"


def test_all_time_has_none_before_it() -> None:
    whole = period("all", NOW)
    assert whole.before is None
    assert whole.words_before == ""


def test_an_unknown_range_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="since '2y' is none; one of: 1h, 24h"):
        period("2y", NOW)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(minutes=5), 60),
        (timedelta(hours=1), 60),
        (timedelta(hours=24), 1800),
        (timedelta(days=7), 3 * 3600),
        (timedelta(days=30), 12 * 3600),
        (timedelta(days=90), 2 * 86400),
        (timedelta(days=90_000), max(STEPS)),
    ],
)
def test_a_step_is_the_shortest_that_a_chart_can_show(length: timedelta, expected: int) -> None:
    assert step(NOW - length, NOW) == expected


def test_steps_begin_before_the_first_call_and_reach_to_the_end() -> None:
    for name in RANGES:
        first = max(period(name, NOW).since, NOW - timedelta(days=400))
        seconds = step(first, NOW)
        axis = steps(first, NOW, seconds)
        assert axis[0] <= first < axis[0] + timedelta(seconds=seconds)
        assert axis[-1] < NOW <= axis[-1] + timedelta(seconds=seconds)
        assert len(axis) <= MOST_STEPS


def test_weeks_begin_on_mondays_as_duckdb_has_them() -> None:
    assert steps(NOW, NOW + timedelta(seconds=1), 7 * 86400) == [
        datetime.fromisoformat("2026-11-23")
    ]

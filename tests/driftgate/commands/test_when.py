"""Times as people write and read them."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from driftgate.commands.when import ago, local, local_ns
from driftgate.proxy.errors import UsageError
from driftgate.proxy.units import iso
from driftgate.replay.select.conditions import duration, moment

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1.5H", timedelta(minutes=90)),
        ("7 d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_an_age_counts_back_from_now(text: str, age: timedelta) -> None:
    assert moment(text, NOW) == (NOW - age).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("text", "length"),
    [("60s", timedelta(minutes=1)), (" 1.5 H", timedelta(minutes=90)), ("7d", timedelta(days=7))],
)
def test_a_duration_is_written_as_an_age_is(text: str, length: timedelta) -> None:
    assert duration(text, "--every") == length


@pytest.mark.parametrize("text", ["", "24", "0s", "0.5s", "-1h", "999999999w", "2026-11-24"])
def test_what_is_no_duration_is_one_line(text: str) -> None:
    with pytest.raises(UsageError, match=f"--every {text}: write how long"):
        duration(text, "--every")


def test_iso_8601_with_a_zone_becomes_utc() -> None:
    assert moment("2026-11-24T10:00+02:00", NOW) == datetime(2026, 11, 24, 8)  # noqa: DTZ001 - the history's own form
    assert moment("2026-11-24T10:00Z", NOW) == datetime(2026, 11, 24, 10)  # noqa: DTZ001 - likewise


def test_iso_8601_without_a_zone_is_local() -> None:
    there = datetime(2026, 11, 24, 10).astimezone()
    assert moment("2026-11-24 10:00", NOW) == there.astimezone(UTC).replace(tzinfo=None)


@pytest.mark.parametrize("text", ["", "yesterday", "5", "7y", "99999999w", "2026-13-01", "-1h"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="write an age such as 30m"):
        moment(text, NOW)


def test_what_is_shown_can_be_asked_for() -> None:
    stored = datetime(2026, 7, 1, 3, 4, 5)  # noqa: DTZ001 - the history's own form
    assert moment(local(stored), NOW) == stored
    assert moment(str(iso(stored)), NOW) == stored


def test_absent_times_are_empty() -> None:
    assert (local(None), local_ns(None)) == ("", "")


def test_how_long_ago_is_never_less_than_nothing() -> None:
    assert ago(time.time() - 7200.5) == "2h00m ago"
    assert ago(time.time() + 60) == "0.0ms ago"

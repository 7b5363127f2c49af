"""Times, durations and sizes as they are read."""

from datetime import datetime
from typing import Any

import pytest

from driftgate.proxy.units import iso, seconds, size, span


def test_what_is_absent_is_empty() -> None:
    assert (iso(None), span(None), size(None)) == (None, "", "")


def test_json_times_carry_their_zone() -> None:
    assert iso(datetime(2026, 7, 1, 3, 4, 5, 6)) == "2026-07-01T03:04:05.000006Z"  # noqa: DTZ001 - the history's own form


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0.25, "0.2ms"),
        (850.4, "850ms"),
        (999.7, "1.0s"),
        (3200, "3.2s"),
        (59_980, "1m00s"),
        (250_000, "4m10s"),
        (7_500_000, "2h05m"),
    ],
)
def test_a_duration_has_the_unit_that_reads_best(milliseconds: float, text: str) -> None:
    assert span(milliseconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (3 * 10**12, "3.0 TB")]
)
def test_a_size_has_the_unit_that_reads_best(count: int, text: str) -> None:
    assert size(count) == text


def test_times_of_every_kind_are_understood() -> None:
    at = 1_800_000_000.0
    for written in (at, at * 1e3, at * 1e9, "2027-01-15T08:00:00Z", "2027-01-15T08:00:00"):
        assert seconds(written) == at
    nothing: tuple[Any, ...] = (None, True, "soon", [])
    assert [seconds(each) for each in nothing] == [None] * 4

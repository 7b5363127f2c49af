"""What the overview shows of its rows."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from driftgate.dashboards.chart import NONE, Mark
from driftgate.dashboards.views.counts import Counts, total
from driftgate.dashboards.views.overview import (
    SHOWN,
    Measured,
    Timed,
    fingerprint_words,
    measured,
    overhead,
    short,
    tiles,
)

START = datetime.fromisoformat("2026-11-28")
AXIS = [START + timedelta(hours=hour) for hour in range(3)]
NOTHING = dict.fromkeys(Counts.__slots__, 0)


def cell(hour: int = 0, **more: Any) -> dict[str, Any]:
    keys = {"bucket": AXIS[hour], "model": "m", "contract": None, "upstream": "u"}
    return {**NOTHING, **keys, **more}


def charts(*cells: dict[str, Any], series: Any = ()) -> dict[str, Any]:
    made = Timed(AXIS, cells, series, [Mark(0.0, "x")]).charts()
    return {chart.title: {each.name: list(each.values) for each in chart.series} for chart in made}


def test_traffic_is_told_apart_by_how_it_ended_and_adds_up() -> None:
    told = charts(cell(calls=10, errors=4, client_errors=1, broke=2), cell(2, calls=1, model=None))[
        "Calls"
    ]
    assert told == {
        "answered": [4, 0, 1],
        "broke its contract": [2, 0, 0],
        "ended by the client": [1, 0, 0],
        "error": [3, 0, 0],
    }


def test_times_without_calls_are_gaps_in_percentiles() -> None:
    row = {"bucket": AXIS[1], "total": [1.0, 2.0, 3.0], "first_token": None, "speed": 9.0}
    told = charts(cell(calls=1), series=[row])
    assert told["Whole call: p50, p95, p99"]["p99"] == [None, 3.0, None]
    assert told["First token: p50, p95, p99"]["p50"] == [None, None, None]


def test_rates_are_of_the_most_called_alone() -> None:
    cells = [cell(calls=number, errors=1, model=f"m{number}") for number in range(1, 10)]
    told = charts(*cells)["Errors by model"]
    assert list(told) == [f"m{number}" for number in range(9, 9 - SHOWN, -1)]
    assert told["m8"] == [12.5, None, None]


def test_long_names_are_cut_in_legends() -> None:
    [name] = charts(cell(calls=1, model="x" * 1_000_000))["Errors by model"]
    assert len(name) < 50


def test_speeds_are_told_apart_by_what_they_are_of() -> None:
    def row(part: int, *, now: bool = True, **keys: Any) -> dict[str, Any]:
        none: dict[str, Any] = {"upstream": None, "model": None, "contract": None}
        value = {"total": [float(part), 9.0], "first_token": None, "speed": None}
        return {**none, **value, "now": now, "part": part, **keys}

    found = measured(
        [
            row(7),
            row(7, now=False),
            row(3, upstream="u"),
            row(1, upstream="u", model="m"),
            row(6, contract="c"),
        ]
    )
    assert found.now.total == [7.0, 9.0]
    assert found.before.total == [7.0, 9.0]
    assert found.upstreams["u"].total[0] == 3.0
    assert found.models["u", "m"].total[0] == 1.0
    assert found.contracts["c"].total[0] == 6.0
    assert found.now.first == (None, None)


def test_tiles_tell_the_period_before_where_there_is_one() -> None:
    now = total([cell(calls=1200, errors=3)])
    assert [tile.before for tile in tiles(now, None, Measured())] == [""] * 11
    calls, errors, *_ = tiles(now, Counts(), Measured())
    assert (calls.value, calls.before) == ("1,200", "0")
    assert (errors.value, errors.before) == ("3 (0.2 %)", "0")


@pytest.mark.parametrize(
    ("number", "told"),
    [(None, NONE), (0, "0"), (9999, "9,999"), (12_345, "12.3 k"), (2.2e9, "2.2 G"), (1e6, "1.0 M")],
)
def test_big_numbers_are_short(number: float | None, told: str) -> None:
    assert short(number) == told


def test_overheads_below_a_millisecond_are_told() -> None:
    assert overhead(0.371) == "0.37ms"
    assert overhead(12.0) == "12ms"
    assert overhead(None) == NONE


def test_a_fingerprint_is_told_in_a_few_words() -> None:
    facts = {"server": "ollama", "digest": "sha256:" + "a" * 64, "n_ctx": 8192, "version": ""}
    assert fingerprint_words(json.dumps(facts)) == f"ollama · {'a' * 12} · context 8192"
    assert [fingerprint_words(each) for each in (None, "{", "[]", "1")] == ["", "", "", ""]

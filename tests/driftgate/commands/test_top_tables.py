"""Tables that fit, and say without colour what is wrong."""

from typing import Any

import pytest

from driftgate.commands.top_tables import CALLS, GROUPS, UPSTREAMS, name, percent, rate, table
from driftgate.commands.top_view import view
from driftgate.proxy.running import Running
from driftgate.replay.report.columns import width
from tests.driftgate.commands.top_samples import HOSTILE, NOW_S, call, sample, worker

BAD = {
    "url": "http://127.0.0.1:1",
    "calls": 9,
    "errors": 9,
    "last_error_at": NOW_S - 3,
    "last_error": "connection refused",
    "breaker": "half_open",
}
SHOWN = view(
    sample(
        call(),
        call(model=HOSTILE, verdict="fail"),
        call(model="モデル" * 30, status=None, outcome="upstream_reset", error="reset by peer"),
        found=Running({}, {"w1": worker(upstreams={"dead": BAD})}),
    )
)


@pytest.mark.parametrize("room", [20, 50, 69, 70, 80, 99, 100, 119, 120, 200])
def test_every_table_fits_the_terminal(room: int) -> None:
    tables = (
        table(GROUPS, SHOWN.groups, room, lambda _: False),
        table(UPSTREAMS, SHOWN.upstreams, room, lambda _: False),
        table(CALLS, SHOWN.last, room, lambda _: False),
    )
    for lines in tables:
        assert max(width(line.text) for line in lines) <= room
        assert all("\x1b" not in line.text and "\n" not in line.text for line in lines)


def test_a_wider_terminal_shows_more() -> None:
    heads = [
        table(GROUPS, SHOWN.groups, room, lambda _: False)[0].text.split() for room in (60, 80, 120)
    ]
    assert heads[0] == ["model", "/min", "failed", "total", "FAIL"]
    assert set(heads[0]) < set(heads[1]) < set(heads[2])
    assert {"pass", "unjudged", "out/s"} <= set(heads[2])


def test_what_is_wrong_is_said_in_words_too() -> None:
    told = {
        line.text.split()[0]: line for line in table(GROUPS, SHOWN.groups, None, lambda _: True)
    }
    assert told["gemma4"].text.split()[2:5] == ["0.2", "1", "0%"]
    hostile = next(line for word, line in told.items() if word.startswith("evil"))
    assert "  1!  " in hostile.text
    assert hostile.style == "bad"
    upstream = table(UPSTREAMS, SHOWN.upstreams, None, lambda each: each.unwell)[1]
    assert upstream.style == "bad"
    assert "HALF-OPEN" in upstream.text
    assert "FAILED 3.0s ago: connection refused" in upstream.text
    calls = table(CALLS, SHOWN.last, None, lambda each: each.failed)
    assert [line.style for line in calls] == ["bold", "", "", "bad"]
    assert "  FAIL  " in calls[2].text
    assert "  -!  " in calls[3].text
    assert calls[3].text.endswith("! reset by peer")


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({}, ""),
        ({"fallback": "big"}, "answered by big"),
        ({"outcome": "client_gone"}, "! client_gone"),
        ({"status": 404, "answer_error": "no\nmodel"}, r"! no\nmodel"),
    ],
)
def test_why_a_call_failed_ends_its_row(columns: dict[str, Any], problem: str) -> None:
    row = table(CALLS, [call(**columns)], None, lambda _: False)[1]
    assert row.text.rpartition("  ")[2] == (problem or "40")


def test_names_from_outside_are_harmless_and_short() -> None:
    assert name(HOSTILE).startswith(r"evil\x1b[2J\u202e[bold]\nxxx")
    assert width(name("モ" * 900)) <= 60
    assert name(None) == "-"


def test_figures_are_short() -> None:
    assert [rate(each) for each in (None, 0, 0.26, 9.94, 9.96, 12_345.6)] == [
        *("", "0", "0.3", "9.9", "10", "12,346")
    ]
    assert [percent(each) for each in (None, 0, 0.0123, 1)] == ["", "0%", "1.2%", "100%"]


def test_columns_that_say_the_same_of_all_calls_leave_their_room_to_problems() -> None:
    def heads(*given: Any) -> list[str]:
        return table(CALLS, view(sample(*given)).last, 120, lambda _: False)[0].text.split()

    assert {"upstream", "tries"}.isdisjoint(heads(call(), call()))
    assert {"upstream", "tries"} <= set(heads(call(), call(upstream="other", attempts=2)))

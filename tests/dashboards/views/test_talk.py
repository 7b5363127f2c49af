"""A session as it is read."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from driftgate.dashboards.views import talk

START = datetime.fromisoformat("2026-11-28")


def call(at: int, turn: str | None = None, **more: Any) -> dict[str, Any]:
    names = (
        *("thread_id", "window_id", "request_kind", "verdict", "status", "ended_at"),
        *("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens", "request_items"),
    )
    when = START + timedelta(seconds=at)
    own = {"call_id": f"c{at}", "started_at": when, "turn_id": turn, "outcome": "completed"}
    return {**dict.fromkeys(names), **own, **more}


def test_calls_of_a_turn_stay_together_though_threads_run_side_by_side() -> None:
    mixed = [call(1, "a"), call(2, "b"), call(3, "a"), call(4), call(5, "b")]
    found = talk.in_turns(mixed)
    assert [each["call_id"] for each in found] == ["c1", "c3", "c2", "c5", "c4"]
    assert [each["number"] for each in found] == [1, 2, 3, 4, 5]


def test_a_page_tells_which_of_its_turns_began_before_it() -> None:
    calls = talk.in_turns([call(at, "a" if at < talk.PAGE + 5 else "b") for at in range(130)])
    [first], second = talk.turns(calls, 1), talk.turns(calls, 2)
    assert (first.place, len(first.calls), first.goes_on) == (1, talk.PAGE, False)
    assert [(turn.place, len(turn.calls), turn.goes_on) for turn in second] == [
        (1, 5, True),
        (2, 25, False),
    ]


def test_calls_without_a_turn_are_together_and_count_as_none() -> None:
    calls = talk.in_turns([call(1), call(2), call(3, "a")])
    assert [(turn.place, turn.first) for turn in talk.turns(calls, 1)] == [(None, 1), (1, 3)]


def test_a_turn_sums_up_its_calls() -> None:
    turn = talk.Turn(
        1, 1, [call(0, input_tokens=3), call(1, outcome="client_gone"), call(2, status=500)]
    )
    turn.calls[1]["ended_at"] = START + timedelta(seconds=4)
    assert (turn.sum("input_tokens"), turn.errors, turn.broke, turn.ms) == (3, 2, 0, 4000.0)


def test_a_compaction_is_a_call_that_did_it_or_a_new_window() -> None:
    windows = talk.in_turns(
        [
            call(1, thread_id="t", window_id="t:0"),
            call(2, thread_id="s", window_id="s:0"),
            call(3, thread_id="t", window_id="t:1"),
            call(4, thread_id="t", window_id="t:1", request_kind="compaction"),
            call(5, thread_id="t", window_id="t:2"),
            call(6, thread_id="t", window_id="t:2"),
        ]
    )
    assert [each["call_id"] for each in talk.compactions(windows)] == ["c3", "c4"]


def test_growth_of_a_long_session_keeps_its_peaks() -> None:
    calls = talk.in_turns([call(at, input_tokens=5 if at != 777 else 9000) for at in range(2000)])
    context, *_ = talk.growth(calls)
    assert len(context.x) <= talk.POINTS
    assert max(value or 0 for value in context.series[0].values) == 9000
    assert [each.name for each in context.series] == ["input"]


def test_growth_of_nothing_is_nothing() -> None:
    assert all(chart.empty for chart in talk.growth([]))


@pytest.mark.parametrize(
    ("result", "code"),
    [
        ("Chunk ID: c8\nWall time: 0.3 seconds\nProcess exited with code 2\nOutput:\n", 2),
        ("Exit code: 0\nWall time: 1 seconds", 0),
        ('{"output":"x","metadata":{"exit_code":127}}', 127),
        ("all is well", None),
        (None, None),
    ],
)
def test_the_exit_code_is_read_from_what_a_tool_gave_back(
    result: str | None, code: int | None
) -> None:
    assert talk.exit_code(result) == code


def test_tools_and_loops_are_told_apart() -> None:
    used: list[dict[str, Any]] = [
        {"name": "shell", "arguments": None, "ids": ["a", "b", None]},
        {"name": "shell", "arguments": "{}", "ids": None},
    ]
    results = {"a": "Exit code: 1", "b": "Exit code: 0"}
    assert [tool["failures"] for tool in talk.tools(used, results)] == [1]
    assert talk.loops(used) == [used[1]]


def test_warnings_are_no_violations() -> None:
    rows = [{"keyword": "a", "severity": "error"}] * 2 + [{"keyword": "b", "severity": "warning"}]
    assert talk.keywords(rows) == [("a", 2)]

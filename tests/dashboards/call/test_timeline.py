"""What happened when, on one axis."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from driftgate.dashboards.call.timeline import timeline
from driftgate.proxy.units import span

AT = datetime(2026, 1, 2)  # noqa: DTZ001 - the history keeps UTC without a zone


def row(**given: Any) -> dict[str, Any]:
    times = {
        "total_ms": 1000.0,
        "attempts": 1,
        "connect_ms": None,
        "first_byte_ms": 200.0,
        "first_token_ms": None,
        "backend_timings": None,
    }
    return {"started_at": AT, **times, **given}


def attempt(number: int, after_ms: float, **given: Any) -> dict[str, Any]:
    started = AT + timedelta(milliseconds=after_ms)
    told = {"attempt": number, "reason": "retry", "upstream": "local", "started_at": started}
    told |= {"repairs": None, "connect_ms": None}
    return {**told, "total_ms": 100.0, "first_byte_ms": 50.0, **given}


def spans(lane: Any) -> list[tuple[str, float, float]]:
    return [(bar.kind, round(bar.start_ms, 3), round(bar.ms, 3)) for bar in lane.bars]


def test_the_client_waits_and_then_gets_its_answer() -> None:
    made = timeline(row(first_token_ms=400.0), [])
    assert made is not None
    assert spans(made.lanes[0]) == [("wait", 0, 200), ("think", 200, 200), ("stream", 400, 600)]
    assert made.lanes[0].bars[2].start == "40.000%"
    assert [at for _, at in made.ticks] == [0, 250, 500, 750, 1000]


def test_a_call_without_an_end_has_no_timeline() -> None:
    assert timeline(row(total_ms=None), []) is None


def test_a_call_without_a_first_byte_is_all_waiting() -> None:
    made = timeline(row(first_byte_ms=None), [])
    assert made is not None
    assert spans(made.lanes[0]) == [("wait", 0, 1000)]


def test_a_new_connection_is_opened_before_anything_is_waited_for() -> None:
    made = timeline(row(connect_ms=50.0), [])
    assert made is not None
    assert spans(made.lanes[0]) == [("connect", 0, 50), ("wait", 50, 150), ("stream", 200, 800)]
    kept = timeline(row(connect_ms=0.0), [])
    assert kept is not None
    assert spans(kept.lanes[0]) == [("wait", 0, 200), ("stream", 200, 800)]


def test_of_several_attempts_each_shows_its_own_connection() -> None:
    tries = [attempt(1, 0.0, connect_ms=20.0), attempt(2, 500.0, connect_ms=0.0)]
    made = timeline(row(attempts=2, connect_ms=20.0), tries)
    assert made is not None
    assert [spans(each) for each in made.lanes] == [
        [("wait", 0, 200), ("stream", 200, 800)],
        [("connect", 0, 20), ("wait", 20, 30), ("stream", 50, 50)],
        [("wait", 500, 50), ("stream", 550, 50)],
    ]


@pytest.mark.parametrize("end", [0.02, 0.3, 0.9, 4.0, 9.0, 260.0, 5_000.0, 200_000.0])
def test_no_two_ticks_are_told_alike(end: float) -> None:
    made = timeline(row(total_ms=end, first_byte_ms=None), [])
    assert made is not None
    told = [span(at) for _, at in made.ticks]
    assert len(set(told)) == len(told)


def test_attempts_stand_below_one_another_at_their_times() -> None:
    killed = attempt(3, 700.0, total_ms=None)
    made = timeline(row(), [attempt(1, 0.0), attempt(2, 500.0, first_byte_ms=None), killed])
    assert made is not None
    assert [spans(each) for each in made.lanes[1:]] == [
        [("wait", 0, 50), ("stream", 50, 50)],
        [("wait", 500, 100)],
        [],
    ]
    assert "killed" in made.lanes[3].note


def test_an_only_attempt_says_what_the_client_saw_and_is_left_out() -> None:
    made = timeline(row(), [attempt(1, 0.0)])
    assert made is not None
    assert len(made.lanes) == 1


def test_what_a_backend_says_ends_with_the_first_token() -> None:
    ollama = '{"load_duration": 100000000, "prompt_eval_duration": 200000000, "eval_duration": 500000000}'
    made = timeline(row(first_token_ms=400.0, backend_timings=ollama), [])
    assert made is not None
    assert spans(made.lanes[-1]) == [("load", 100, 100), ("prompt", 200, 200), ("write", 400, 500)]


def test_hostile_timings_draw_nothing_odd() -> None:
    for told in (
        '{"prompt_ms": -5, "predicted_ms": 1e300}',
        "[]",
        "{",
        '{"prompt_ms": "x"}',
        "[" * 9_000,
    ):
        made = timeline(row(backend_timings=told), [])
        assert made is not None
        assert all(bar.start_ms + bar.ms <= 1000 for lane in made.lanes for bar in lane.bars)

"""What an agent did, in the order of its times."""

from datetime import datetime, timedelta
from typing import Any

from driftgate.dashboards.call.texts import Budget
from driftgate.dashboards.call.turns import STEPS, turns
from driftgate.proxy.history.agent_turns import Turn

AT = datetime(2026, 1, 2)  # noqa: DTZ001 - the history keeps UTC without a zone


def call(after_s: int, **given: Any) -> dict[str, Any]:
    row = {
        "call_id": "c",
        "started_at": AT + timedelta(seconds=after_s),
        "model": "m",
        "upstream": "u",
    }
    told = {
        "status": 200,
        "outcome": "completed",
        "error": None,
        "answer_error": None,
        "verdict": "pass",
    }
    return {**row, **told, "output_tokens": 1, "total_ms": 5.0, **given}


def item(after_s: int, **given: Any) -> dict[str, Any]:
    row = {
        "happened_at": AT + timedelta(seconds=after_s),
        "kind": "command",
        "title": "ls",
        "text": "a\n",
    }
    return {**row, "status": "completed", "exit_code": 0, "duration_ms": 7, **given}


def test_calls_and_steps_stand_in_the_order_of_their_times() -> None:
    turn = Turn({"started_at": AT}, [call(1), call(3)], [item(2)])
    (made,) = turns([turn], Budget())
    assert [(each.at_ms, each.what) for each in made.steps] == [
        (1000, "model call"),
        (2000, "command"),
        (3000, "model call"),
    ]
    assert made.steps[0].state == "200 pass, 1 token"
    assert made.steps[1].text is not None


def test_what_went_wrong_is_marked() -> None:
    steps = [item(1, exit_code=2), item(2, status="declined"), item(3)]
    (made,) = turns([Turn({"started_at": AT}, [call(0, error="gone")], steps)], Budget())
    assert [each.bad for each in made.steps] == [True, True, True, False]


def test_calls_of_an_unknown_turn_have_no_times() -> None:
    (made,) = turns([Turn(None, [call(1)])], Budget())
    assert made.steps[0].at_ms is None


def test_of_many_steps_the_rest_is_counted() -> None:
    (made,) = turns([Turn({"started_at": AT}, [], [item(1)] * (STEPS + 3))], Budget())
    assert (len(made.steps), made.more) == (STEPS, 3)

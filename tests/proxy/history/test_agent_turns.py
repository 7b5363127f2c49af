"""Turns of agents: which model calls and items belong to which."""

from datetime import datetime, timedelta
from typing import Any

from driftgate.proxy.history.agent_turns import Turn, add_up, find_untold, load, put_together
from driftgate.proxy.history.reader import open_history
from tests.support.shown import Shown

T0 = datetime(2026, 11, 24, 12)  # noqa: DTZ001 - the history's own form


def turn(attempt: int, second: int) -> dict[str, Any]:
    return {
        "call_id": "c",
        "attempt": attempt,
        "agent": "a",
        "started_at": T0 + timedelta(seconds=second),
    }


def call(name: str, second: int) -> dict[str, Any]:
    return {"call_id": name, "started_at": T0 + timedelta(seconds=second)}


def item(attempt: int, title: str, data: str | None = None) -> dict[str, Any]:
    return {"call_id": "c", "attempt": attempt, "title": title, "data": data}


def test_each_attempt_has_the_calls_and_items_of_its_own() -> None:
    made = put_together(
        [turn(1, 0), turn(2, 10)],
        [call("a", 0), call("b", 9), call("c", 10), call("d", 99)],
        [item(1, "x"), item(2, "y"), item(2, "z")],
    )
    assert [[each["call_id"] for each in one.calls] for one in made] == [["a", "b"], ["c", "d"]]
    assert [[each["title"] for each in one.items] for one in made] == [["x"], ["y", "z"]]


def test_calls_whose_turn_is_not_known_are_told_all_the_same() -> None:
    [alone] = put_together([], [call("a", 0), call("b", 1)], [item(1, "of nothing")])
    assert (alone.row, len(alone.calls), alone.items) == (None, 2, [])
    early, known = put_together([turn(1, 5)], [call("a", 0), call("b", 1), call("c", 6)], [])
    assert early.row is None
    assert [len(each.calls) for each in (early, known)] == [2, 1]


def test_a_tool_call_without_an_item_is_untold_where_items_say_whose_they_are() -> None:
    tools = [{"call_id": of, "tool_call_id": name} for of, name in (("a", "x"), ("a", "y"))]
    tools.append({"call_id": "elsewhere", "tool_call_id": "z"})
    for isolation, expected in (("pool", tools[1:2]), ("process", [])):
        row = {**turn(1, 0), "isolation": isolation}
        made = Turn(row, [call("a", 0)], [{**item(1, "t"), "item_id": "x#2"}])
        find_untold([made, Turn(None, [call("a", 0)])], tools)
        assert made.untold == expected


def test_what_only_its_model_calls_tell_is_filled_in() -> None:
    names: tuple[str, ...] = (
        *("thread_id", "turn_id", "model_calls", "input_tokens", "cached_tokens"),
        *("output_tokens", "reasoning_tokens"),
    )
    told = {**dict.fromkeys(names), "turn_id": "own", "output_tokens": 0}
    asked = {**dict.fromkeys(names), "thread_id": "t", "turn_id": "theirs", "output_tokens": 5}
    calls = [{**asked, "status": 200, "input_tokens": 3}, {**asked, "status": None}]
    killed = Turn({**told}, [*calls, {**asked, "status": 500, "input_tokens": 4}])
    add_up(killed)
    filled = {"thread_id": "t", "model_calls": 1, "input_tokens": 7}
    assert killed.row == {**told, **filled}
    asked_nothing = Turn({**told})
    add_up(asked_nothing)
    assert asked_nothing.row == told


def test_a_turn_has_the_row_of_the_view(shown: Shown) -> None:
    with open_history(shown.path) as reader:
        rows = reader.ask("FROM all_agent_turns").by_name()
        calls = {str(row["call_id"]) for row in rows}
        turns = [turn.row for call_id in calls for turn in load(reader, call_id)]
    found = {(row["call_id"], row["attempt"]): row for row in turns if row}
    assert found == {(row["call_id"], row["attempt"]): row for row in rows}
    assert found

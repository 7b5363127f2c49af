"""Turns of agents as programs read them."""

from typing import Any

from driftgate.commands.turns import as_object
from driftgate.proxy.history.agent_turns import Turn

TURN = {"call_id": "c", "attempt": 1, "agent": "a"}
CALL = {"call_id": "a"}


def item(attempt: int, title: str, data: str) -> dict[str, Any]:
    return {"call_id": "c", "attempt": attempt, "title": title, "data": data}


def test_a_turn_as_json_does_not_repeat_its_call() -> None:
    made = as_object(Turn(TURN, [CALL], [item(1, "x", '{"a": 1}'), item(1, "y", "{")]))
    assert (made["attempt"], made["agent"], "call_id" in made) == (1, "a", False)
    assert made["items"] == [{"title": "x", "data": {"a": 1}}, {"title": "y", "data": None}]
    assert as_object(Turn(None)) == {"attempt": None, "calls": [], "items": [], "untold": []}

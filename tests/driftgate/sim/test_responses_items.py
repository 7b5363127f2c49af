"""Output items: what is streamed joins to what is whole."""

from typing import Any

from driftgate.sim import responses
from driftgate.sim.engine import Engine, SimSettings
from driftgate.sim.responses_items import Counter, item_events, items

BODIES: list[Any] = [
    {"input": "count to 5"},
    {"input": "count to 5", "reasoning": {"effort": "low"}},
    {
        "input": "run: echo hi",
        "tools": [{"type": "function", "name": "exec", "parameters": {"properties": {"cmd": {}}}}],
    },
]


def test_done_items_are_the_whole_answers_items() -> None:
    for body in BODIES:
        made = Engine(SimSettings()).make(responses.read(body), None)
        events = [event for event, _ in item_events(made, Counter(), body)]
        done = [e["item"] for e in events if e["type"] == "response.output_item.done"]
        assert done == items(made)


def test_every_item_is_added_before_its_deltas_and_done_after_them() -> None:
    for body in BODIES:
        made = Engine(SimSettings()).make(responses.read(body), None)
        state: dict[int, str] = {}
        for event, _ in item_events(made, Counter(), body):
            index = event["output_index"]
            if event["type"] == "response.output_item.added":
                assert index not in state
                state[index] = "open"
            elif event["type"] == "response.output_item.done":
                state[index] = "done"
            else:
                assert state[index] == "open"
        assert set(state.values()) == {"done"}


def test_sequence_numbers_rise_by_one() -> None:
    counter = Counter()
    assert [counter.numbered("x")["sequence_number"] for _ in range(3)] == [0, 1, 2]

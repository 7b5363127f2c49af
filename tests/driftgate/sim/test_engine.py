"""Seeds, contexts, and ids of the server without its sockets."""

from typing import Any

import pytest

from driftgate.sim.ask import Ask, Message, SimError, Tool
from driftgate.sim.engine import Engine, SimSettings, Tally


def _ask(text: str = "What is rain?", **more: Any) -> Ask:
    return Ask(messages=(Message("user", text),), **more)


def _texts(engine: Engine, number: int, **more: Any) -> set[str]:
    return {"".join(engine.make(_ask(**more), None).text) for _ in range(number)}


def test_the_servers_seed_holds_where_the_request_has_none() -> None:
    assert len(_texts(Engine(SimSettings(seed=3)), 12)) == 1


def test_seed_minus_one_is_another_each_time_unless_the_request_has_one() -> None:
    engine = Engine(SimSettings(seed=-1))
    assert len(_texts(engine, 12)) > 1
    assert len(_texts(engine, 12, seed=5)) == 1


def test_a_smaller_context_can_be_asked_for_a_larger_one_is_capped() -> None:
    engine = Engine(SimSettings(context=100))
    with pytest.raises(SimError, match="exceeds the available context size"):
        engine.make(_ask("word " * 60, context=50), None)
    with pytest.raises(SimError, match="context size \\(100 tokens\\)"):
        engine.make(_ask("word " * 200, context=5000), None)


def test_ids_are_new_for_each_request() -> None:
    engine = Engine(SimSettings())
    tool = Tool("get_weather", parameters={"type": "object", "properties": {}})
    ask = Ask(messages=(Message("user", "weather"),), tools=(tool,))
    made = [engine.make(ask, None) for _ in range(5)]
    assert len({m.request_id for m in made}) == 5
    assert len({m.calls[0][0].call_id for m in made}) == 5


def test_an_unknown_model_is_refused_when_so_configured() -> None:
    with pytest.raises(SimError) as caught:
        Engine(SimSettings(unknown_model_answers=False)).version("nobody")
    assert caught.value.status == 404


def test_the_tally_stays_small() -> None:
    tally = Tally()
    for number in range(3000):
        tally.count(f"/{number}")
    assert tally.requests == 3000
    assert len(tally.by_path) == 1000

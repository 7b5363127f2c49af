"""A reply as tokens: limits, stops, usage, timings."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.sim.ask import Ask, Call, Message, Reply, SimError
from driftgate.sim.fault_text import parse
from driftgate.sim.generation import Generation, fitted, generate
from driftgate.sim.slots import Slots
from driftgate.sim.tokens import count
from driftgate.sim.versions import VERSIONS

V1 = VERSIONS["gemma4-sim:v1"]
CALL = Call("f", '{"a": 1}', "call_1")


def made(reply: Reply, **ask: Any) -> Generation:
    return generate(
        Ask(**ask),
        reply,
        V1,
        Slots(),
        prompt="hi there",
        prompt_tokens=2,
        context=1000,
        request_id="r",
    )


@given(st.text(max_size=50), st.text(max_size=50), st.integers(0, 60))
def test_a_limit_cuts_reasoning_then_text_then_calls(reasoning: str, text: str, limit: int) -> None:
    reply = Reply(text, reasoning, (CALL,))
    got = made(reply, max_tokens=limit)
    whole = count(reasoning) + count(text) + count(CALL.arguments)
    assert got.output_tokens == min(limit, whole)
    assert (got.finish == "length") == (limit < whole)
    assert reasoning.startswith("".join(got.reasoning))
    assert text.startswith("".join(got.text))


def test_no_limit_gives_all() -> None:
    for limit in (None, -1):
        assert made(Reply("a b c"), max_tokens=limit).finish == "stop"


def test_calls_finish_with_tool_calls() -> None:
    assert made(Reply(calls=(CALL,))).finish == "tool_calls"


def test_the_context_is_a_limit_too() -> None:
    got = made(Reply("a " * 2000))
    assert (got.output_tokens, got.finish) == (998, "length")


def test_the_first_stop_sequence_ends_the_text() -> None:
    assert "".join(made(Reply("one two three"), stop=("three", " two")).text) == "one"


def test_a_prompt_that_fits_is_left_alone() -> None:
    ask = Ask(messages=(Message("user", "hi"),))
    same, prompt, tokens = fitted(ask, 100, None)
    assert same is ask
    assert tokens == count(prompt)


def test_a_silent_cut_drops_the_oldest_messages() -> None:
    talk = tuple(Message("user", f"{n} " + "word " * 30) for n in range(10))
    ask = Ask(messages=talk)
    (fault,) = parse("fault=silent_context_cut")
    kept, _, tokens = fitted(ask, 100, fault)
    assert kept.messages == talk[-len(kept.messages) :]
    assert tokens < 100
    with pytest.raises(SimError):
        fitted(ask, 100, None)


def test_timings_agree_with_their_parts() -> None:
    timings = made(Reply("a b c")).timings()
    assert timings["predicted_n"] == 3
    assert timings["predicted_per_second"] == pytest.approx(3000 / timings["predicted_ms"])
    assert timings["prompt_n"] + timings["cache_n"] == 2

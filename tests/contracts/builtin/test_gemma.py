"""All detectors of a model's faults together."""

import timeit
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.builtin.gemma import KEYWORDS, model_findings
from driftgate.contracts.exchange import Answered, Asked
from driftgate.proxy.dialects.meaning import Answer, Item, Parameters, ToolCall, Usage

TOOLS = ("get_weather", "exec_command")


def told(
    prompt: str = "Write a poem.", *, cut: bool = False, **answer: Any
) -> list[tuple[str, str, str]]:
    given = {"complete": True, "finish_reason": "stop", "usage": Usage(3, 1), **answer}
    items = (Item(0, 1, "message", "user", prompt),)
    asked = Asked("chat", "/", Parameters(tool_names=TOOLS), items)
    found = model_findings(asked, Answered(200, Answer(**given), cut=cut))
    return [(v.keyword, v.path, v.severity.value) for v in found]


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ({"text": "thought\n" * 99}, "text"),
        ({"text": "Fine.", "reasoning": "hm\n" * 999}, "reasoning"),
        (
            {"tool_calls": (ToolCall("exec_command", '{"cmd":"' + "\n" * 999),)},
            "tool_calls/0/arguments",
        ),
    ],
)
def test_a_flood_is_found_in_each_part_of_an_answer(answer: dict[str, Any], path: str) -> None:
    assert ("token_flood", path, "error") in told(**answer)


def test_a_flood_that_was_asked_for_is_a_warning() -> None:
    line = "I will not talk in class.\n"
    asked = "Write 'I will not talk in class.' 100 times."
    assert told(asked, text=line * 100) == [("token_flood", "text", "warning")]
    assert told(text=line * 100) == [("token_flood", "text", "error")]


def test_newlines_are_never_what_somebody_asked_for() -> None:
    assert told("Repeat it 500 times.", text="x" + "\n" * 500) == [("token_flood", "text", "error")]


def test_a_beginning_that_was_recorded_is_not_called_empty() -> None:
    assert told(text=None, cut=True) == []
    assert told(text=None) == [("empty_answer", "text", "error")]


def test_a_call_written_as_text_is_one_finding() -> None:
    text = '<|tool_call>call:get_weather{city:<|"|>Rome<|"|>}<tool_call|>'
    assert told(text=text) == [("tool_call_as_text", "text", "error")]


@given(
    text=st.none() | st.text('<|>channelthou\n`{"name:[]} call', max_size=300),
    reasoning=st.none() | st.text(max_size=100),
    calls=st.lists(st.builds(ToolCall, st.sampled_from(TOOLS), st.text(max_size=30)), max_size=5),
    finish=st.sampled_from([None, "stop", "length", "tool_calls", "odd"]),
)
def test_no_answer_raises_and_all_keywords_are_known(
    text: str | None, reasoning: str | None, calls: list[ToolCall], finish: str | None
) -> None:
    found = told(text=text, reasoning=reasoning, tool_calls=tuple(calls), finish_reason=finish)
    assert {keyword for keyword, _, _ in found} <= set(KEYWORDS)


def test_an_ordinary_answer_costs_little() -> None:
    text = "".join(
        f"{n}. The server reads `x < {n}` and gives an answer, as it should.\n" for n in range(32)
    )
    asked = Asked(
        "chat", "/", Parameters(tool_names=TOOLS), (Item(0, 1, "message", "user", "Go on."),)
    )
    answered = Answered(200, Answer(text=text[:2048], complete=True, finish_reason="stop"))
    assert model_findings(asked, answered) == []
    best = min(timeit.repeat(lambda: model_findings(asked, answered), number=200, repeat=9)) / 200
    plain = min(timeit.repeat(lambda: text.encode().hex(), number=200, repeat=9)) / 200
    # About 9 us where hex() of the text takes 3; a bound that holds on a loaded machine.
    assert best < 40 * plain

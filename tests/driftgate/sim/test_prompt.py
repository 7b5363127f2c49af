"""What can be read from a prompt."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.sim.ask import Ask, Call, Message, Tool
from driftgate.sim.prompt import city_in, hints, name_in, numbers, render


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    hints(text)
    numbers(text)
    name_in(text)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("weather in Oslo", "city", "Oslo"),
        ("to New York by train", "city", "New York"),
        ('search for "red boots"', "query", "red boots"),
        ("color: blue", "color", "blue"),
        ("Size=12", "size", "12"),
        ("it costs 3.5", "amount", 3.5),
    ],
)
def test_a_value_is_found(text: str, key: str, value: Any) -> None:
    assert hints(text)[key] == value


def test_days_and_months_are_no_names() -> None:
    assert name_in("On Friday Clara sent it") == "Clara"
    assert city_in("in October in Rome") == "Rome"


def test_tools_and_calls_are_part_of_the_prompt() -> None:
    messages = (Message("user", "u"), Message("assistant", calls=(Call("f", "{}", "c"),)))
    text = render(Ask(messages=messages, tools=(Tool("spoon", "Stirs tea"),)))
    assert all(word in text for word in ("spoon", "Stirs tea"))
    assert "<|tool_call>call:f{}<tool_call|>" in text
    assert text.endswith("<|turn>model\n")

"""The small tasks, each by its rule."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.sim.dice import Dice
from driftgate.sim.tasks import LABELS, Done, perform
from driftgate.sim.versions import VERSIONS


def done(prompt: str, instructions: str = "") -> Done:
    return perform(instructions, prompt, VERSIONS["gemma4-sim:v1"], Dice(0, cold=True))


@pytest.mark.parametrize(
    ("prompt", "label"),
    [
        ("Classify: Please send me a refund of 99 francs.", "billing"),
        ("Which label fits this ticket?\nTicket: The app crashes with an error.", "bug"),
        ("Support message: I forgot my password and cannot login.", "account"),
        ("Support message: My parcel did not arrive.", "shipping"),
        ("Classify: blue sky", "other"),
    ],
)
def test_a_support_message_is_classified(prompt: str, label: str) -> None:
    made = json.loads(done(prompt).text)
    assert made["label"] == label
    assert 0 < made["confidence"] <= 1


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Erik lives in Rome and sold a lamp for 63 pounds.", ("Erik", "Rome", 63)),
        ("On Friday Clara sent 689 francs to a friend in Vienna.", ("Clara", "Vienna", 689)),
        ("Maria from Dublin paid 322 francs for a chair.", ("Maria", "Dublin", 322)),
        ("nothing here", (None, None, None)),
    ],
)
def test_name_city_and_amount_are_extracted(prompt: str, expected: tuple[Any, ...]) -> None:
    made = json.loads(done(prompt, "Extract the name, city and amount.").text)
    assert (made["name"], made["city"], made["amount"]) == expected


def test_a_summary_is_the_first_sentence() -> None:
    text = "Sum up this text.\n\nMaria went to Denver. The hotel was full. A friend had a room."
    assert done(text).text == "Maria went to Denver."


def test_an_echo_is_exact() -> None:
    assert done("echo: one\n  two ").text == "one\n  two "


def test_counting_is_bounded() -> None:
    assert done("count to 3").text == "1 2 3"
    assert done("count to 999999").text.endswith(" 100000")


@given(st.text(), st.sampled_from(["", "Classify this", "Extract it", "Summarise it"]))
def test_any_prompt_gets_an_answer(prompt: str, instructions: str) -> None:
    made = done(prompt, instructions)
    assert made.value is None or made.value == json.loads(made.text)
    assert made.task != "classify" or (made.value and made.value["label"] in LABELS)

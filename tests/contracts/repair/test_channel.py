"""Leaked reasoning and control tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.repair.channel import strip_channel

HARMONY = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>"


@pytest.mark.parametrize(
    ("text", "answer", "reasoning"),
    [
        ("<|channel>thought\nI think.\n<channel|>Paris", "Paris", "I think."),
        ("<|channel>thought\n<channel|>Paris", "Paris", ""),
        ("<|channel>\nI think.<channel|>\n\nParis\n", "Paris", "I think."),
        ("Paris <|channel>thought\nsure?<channel|>it is", "Paris it is", "sure?"),
        ("<|channel>thought\na<channel|>b<|channel>thought\nc<channel|>d", "bd", "a\nc"),
        ("thought\nI think.<channel|>Paris", "Paris", "I think."),
        ("I think.</think>\nParis", "Paris", "I think."),
        ("<think>\nI think.\n</think>\n\nParis", "Paris", "I think."),
        ("thought\nI think.\nReally.\n\nParis", "Paris", "I think.\nReally."),
        ("thought\nthought\nParis", "Paris", ""),
        (f"{HARMONY}Paris<|return|>", "Paris", "Hm."),
        ("<|channel>final\nParis<channel|>", "Paris", ""),
        ("analysisHm.assistantfinalParis", "Paris", "Hm."),
        ("<|im_start|>assistant\nParis<|im_end|>", "Paris", ""),
        ("thinking\nHm.\n\nParis", "Paris", "Hm."),
        ("Paris<unused49><unused49><turn|>", "Paris", ""),
        ("<bos>Paris<end_of_turn>\n<eos>", "Paris", ""),
        ("Paris<turn|>\n<|turn>user\nAnd Rome?<turn|>\n<|turn>model\nRome", "Paris", ""),
        ("Paris<|channel>thought\nit never ends", "Paris", "it never ends"),
        ("<unu<unused1>sed2>Paris", "Paris", ""),
    ],
)
def test_the_answer_is_told_from_what_leaked(text: str, answer: str, reasoning: str) -> None:
    assert strip_channel(text) == (answer, reasoning)


@pytest.mark.parametrize(
    "text",
    [
        "Paris",
        "",
        "A thought\nabout Paris",
        "<|channel>thought\nit never ends",
        "thought\n" * 1000,
        "<unused49>" * 100,
        "thought\nOne.\n\nTwo.\n\nThree.",  # which of them is the answer?
        "thought\nOne.\nTwo.",
        "Gemma writes `<|channel>thought` before it answers.",
        "Use:\n```html\n<|channel>thought\nx<channel|>\n```\n",
        '{"html": "<bos>"}',
        "Put it between <think> and </think>, please.",
        "The model ends with <eos> and then stops.",
        "a < b and b > c, <mask> and <unused> are SVG",
    ],
)
def test_what_is_no_leak_or_leaves_nothing_stays(text: str) -> None:
    assert strip_channel(text) is None


def test_beside_tool_calls_all_of_a_text_may_be_reasoning() -> None:
    for text in ("thought\nI look.\n\nNow.", "<|channel>thought\nI look.\n\nNow."):
        assert strip_channel(text, beside_calls=True) == ("", "I look.\n\nNow.")
    assert strip_channel("Let me look.", beside_calls=True) is None


def test_a_tool_call_ends_the_reasoning() -> None:
    text = "<|channel>thought\nI look.<|tool_call>call:look{}<tool_call|>"
    assert strip_channel(text) == ("<|tool_call>call:look{}<tool_call|>", "I look.")


def test_a_text_over_the_limit_stays() -> None:
    assert strip_channel("<bos>" + "a" * 1_000_000) is None


MARKS = st.sampled_from(
    (
        *("<|channel>", "<channel|>", "thought\n", "<think>", "</think>", "<unused3>", "<un"),
        *("<|channel|>", "final", "<|message|>", "<|turn>", "user", "`", "```\n", "\n\n", "<"),
        *("used3>", "<eos>", "a", " ", ". "),
    )
)


@given(st.lists(MARKS).map("".join))
def test_what_was_stripped_has_nothing_left_to_strip(text: str) -> None:
    found = strip_channel(text)
    assert found is None or (found[0] and strip_channel(found[0]) is None)

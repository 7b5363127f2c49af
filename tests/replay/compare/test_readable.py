"""Answers as text for people."""

from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.compare.readable import MAX_CHARACTERS, harmless, shown
from tests.replay.compare.answers import DEAD, answer


def test_text_and_tool_calls_are_shown_in_order() -> None:
    assert shown(answer("Let me see.\n", ("exec", '{"cmd": "ls"}'))) == (
        'Let me see.\n\n[calls exec] {"cmd": "ls"}'
    )


def test_a_failure_is_shown_before_what_came() -> None:
    assert shown(answer("half", **DEAD)) == "[no answer: status 503: busy]\nhalf"
    assert shown(answer(served=False, status=404)) == "[no answer: failed with status 404]"


def test_an_empty_answer_says_so() -> None:
    assert shown(answer()) == "[an empty answer]"


def test_control_characters_do_no_harm() -> None:
    assert shown(answer("a\x1b[2J\r\nb\tc", ("t\x07\n", "\u202e"))) == (
        "a\\x1b[2J\nb\tc\n[calls t\\x07\n] \\u202e"
    )


def test_what_is_too_long_is_cut_and_says_so() -> None:
    made = shown(answer("x" * (2 * MAX_CHARACTERS), *[("t", "{}")] * 150))
    assert made.endswith("\n[cut here]")
    assert len(made) < MAX_CHARACTERS + 20
    assert shown(answer("", *[("t", "{}")] * 150)).endswith("[and 50 more tool calls]")


@given(st.text(max_size=30))
def test_harmless_text_prints_but_for_tabs_and_line_ends(text: str) -> None:
    assert harmless(text).replace("\n", "").replace("\t", "").isprintable()

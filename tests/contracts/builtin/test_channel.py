"""Reasoning that stands in the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.builtin.channel import channel_findings
from driftgate.contracts.verdict import Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("<|channel>thought\nI think.\n<channel|>Hello", ERROR),
        ("I think.<channel|>Hello", ERROR),
        ("<think>\nI think\n</think>\nHello", ERROR),
        ("I think.\n</think>\n\nHello", ERROR),
        ("```\ncode\n```\n<|channel>thought\n", ERROR),
        ("```\ncode <|channel>thought\n", ERROR),  # a fence that never closes quotes nothing
        ("Use `<|channel>` to think.", WARNING),
        ("```\n<|channel>thought\n```\nThat was it.", WARNING),
        ('The token "<|channel>" opens it.', WARNING),
        ("It writes <|channel> before it thinks.", WARNING),
        ("It ends with <channel|>, which a parser takes out.", WARNING),
    ],
)
def test_a_marker_is_an_error_unless_the_text_is_about_it(text: str, severity: Severity) -> None:
    (found,) = channel_findings(text)
    assert (found.keyword, found.severity) == ("leaked_channel", severity)


@pytest.mark.parametrize(
    "text",
    ["thought\nThe user wants x.\n\nHello", "thought\nParis", "\n thought \nthought\nHello there",
     "thinking\nI should answer."],
)  # fmt: skip
def test_the_bare_word_and_a_body_are_a_leak(text: str) -> None:
    (found,) = channel_findings(text)
    assert found.severity is ERROR


@pytest.mark.parametrize(
    "text",
    ["thought", "thought\n", "thought\nbought\nsought", "Thought\nis free", "thoughts\nare free",
     "thought is free", "a < b and c > d", "<th>head</th>", "", "analysis of it"],
)  # fmt: skip
def test_words_that_only_look_like_it_are_none(text: str) -> None:
    assert channel_findings(text) == []


def test_many_markers_are_looked_at_up_to_a_limit() -> None:
    assert len(channel_findings("`<|channel>` " * 100_000)) == 1


@given(st.text("<|>channelthought/ \n`\"'", max_size=200))
def test_no_text_raises(text: str) -> None:
    assert len(channel_findings(text)) <= 1

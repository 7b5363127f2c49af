"""Why an answer ended, in the words of each dialect."""

import pytest

from driftgate.contracts.finish import finish_of, was_cut
from driftgate.proxy.dialects.meaning import Answer
from tests.contracts.exchanges import call


@pytest.mark.parametrize(
    ("word", "neutral"),
    [
        ("stop", "stop"),
        ("completed", "stop"),
        ("max_output_tokens", "length"),
        ("incomplete", "length"),
        ("length", "length"),
        ("function_call", "tool_calls"),
        ("content_filter", "content_filter"),
        ("load", "load"),
        (None, None),
    ],
)
def test_the_dialects_words_become_one_set_of_words(word: str | None, neutral: str | None) -> None:
    assert finish_of(Answer(finish_reason=word)) == neutral


def test_an_answer_with_tool_calls_that_ended_well_ended_with_tool_calls() -> None:
    calls = (call("f"),)
    assert finish_of(Answer(finish_reason="completed", tool_calls=calls)) == "tool_calls"
    assert finish_of(Answer(finish_reason="length", tool_calls=calls)) == "length"


def test_an_answer_at_its_limit_or_without_its_end_was_cut() -> None:
    assert was_cut(Answer(finish_reason="length", complete=True))
    assert was_cut(Answer(finish_reason="stop", complete=False))
    assert not was_cut(Answer(finish_reason="stop", complete=True))

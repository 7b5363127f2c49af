"""Answers with nothing, or one token, in them."""

from typing import Any

import pytest

from driftgate.contracts.builtin.empty import empty_findings
from driftgate.contracts.exchange import Asked
from driftgate.contracts.verdict import Severity
from driftgate.proxy.dialects.meaning import Answer, Item, Parameters, ToolCall, Usage

ERROR, WARNING = Severity.ERROR, Severity.WARNING


def told(
    prompt: str = "Write a poem.",
    dialect: str = "chat",
    parameters: Parameters | None = None,
    **answer: Any,
) -> list[tuple[str, Severity]]:
    answer = {"finish_reason": "stop", "complete": True, "usage": Usage(9, 1), **answer}
    items = (Item(0, 1, "message", "user", prompt),) if prompt else ()
    asked = Asked(dialect, "/", parameters or Parameters(), items)
    return [(f.keyword, f.severity) for f in empty_findings(asked, Answer(**answer))]


@pytest.mark.parametrize("text", [None, "", " \n\n"])
def test_an_answer_without_text_is_an_error(text: str | None) -> None:
    assert told(text=text) == [("empty_answer", ERROR)]


def test_reasoning_alone_is_no_answer() -> None:
    assert told(reasoning="Hm.") == [("empty_answer", ERROR)]


def test_reasoning_that_used_up_all_tokens_is_a_warning() -> None:
    assert told(reasoning="Hm.", finish_reason="length") == [("empty_answer", WARNING)]


def test_a_stop_sequence_may_leave_nothing() -> None:
    assert told(parameters=Parameters(stop=("\n",))) == [("empty_answer", WARNING)]


@pytest.mark.parametrize(
    "answer",
    [
        {"tool_calls": (ToolCall("f", "{}"),)},
        {"complete": False},
        {"error": "overloaded"},
        {"finish_reason": "content_filter"},
        {"finish_reason": "load"},
        {"prompt": ""},
        {"parameters": Parameters(max_tokens=1)},
    ],
)
def test_where_nothing_is_due_nothing_is_missing(answer: dict[str, Any]) -> None:
    assert told(**answer) == []


@pytest.mark.parametrize("text", ["The", "I", "{", "```"[:1], "Sure"])
def test_the_beginning_of_an_answer_alone_is_an_error(text: str) -> None:
    assert told(text=text) == [("one_token", ERROR)]


@pytest.mark.parametrize("text", ["Waves", "x", "Sea"])
def test_one_word_for_a_long_form_is_a_warning(text: str) -> None:
    assert told(text=text) == [("one_token", WARNING)]


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("Capital of France?", "Paris"),
        ("Which letter comes after H?", "I"),
        ("Explain in one word.", "Memory"),
        ("What is the article in 'the dog'? A single word.", "the"),
        ("Write a poem.", "No."),
        ("Write a poem.", "I cannot."),
        ("Write a poem.", "Antidisestablishmentarian"),
    ],
)
def test_a_short_answer_that_may_be_meant_is_fine(prompt: str, text: str) -> None:
    assert told(prompt, text=text) == []

"""What goes to an upstream, in the words that it understands."""

import json
from dataclasses import replace
from typing import Any

from driftgate.contracts.verdict import Source, Violation
from driftgate.proxy.dialects.meaning import Answer, ToolCall
from driftgate.proxy.enforce.question import Question, read_question
from driftgate.proxy.enforce.target import Again, Outgoing, Target, outgoing
from driftgate.proxy.settings.model import Settings, Upstream
from tests.support.enforced import SCHEMA, asking, contracts

FORMAT = {"format": {"type": "json_schema", "name": "city", "schema": SCHEMA}}
TOOL = {"type": "function", "name": "look", "parameters": {"type": "object"}}
SAME = Target("x")
WRONG = Violation(Source.REQUEST, "required", "text", "'people' is missing")


def made(
    body: dict[str, Any],
    *,
    dialect: str = "responses",
    target: Target = SAME,
    again: Again | None = None,
    **upstream: Any,
) -> tuple[Outgoing, dict[str, Any]]:
    raw = json.dumps(body).encode()
    settings = Upstream(url="http://x", **upstream)
    question: Question | None = read_question(
        Settings(),
        contracts(),
        settings,
        dialect=dialect,
        target="/v1/responses?a=1",
        pairs=(),
        raw=raw,
        codex=False,
    )
    assert question is not None
    out = outgoing(question, settings, target, raw, again)
    assert out.changed == (out.body != raw)
    return out, json.loads(out.body)


def test_what_nothing_changes_goes_on_as_it_came() -> None:
    body = asking()
    out, _ = made(body, dialect="chat")
    assert out.body == json.dumps(body).encode()
    assert out.translator is None


def test_another_model_is_asked_under_its_own_name() -> None:
    _, sent = made(asking(), dialect="chat", target=Target("y", "small"))
    assert sent["model"] == "small"


def test_a_schema_is_said_in_the_servers_words_at_once_where_no_tool_can_be_called() -> None:
    _, sent = made({"model": "g", "input": "x", "text": FORMAT}, adapt_format=True)
    assert sent["response_format"]["json_schema"]["schema"] == SCHEMA
    assert sent["text"] == FORMAT


def test_with_tools_on_offer_a_schema_is_said_only_when_it_is_asked_again() -> None:
    body = {"model": "g", "input": "x", "text": FORMAT, "tools": [TOOL]}
    _, first = made(body, adapt_format=True)
    assert "response_format" not in first
    _, second = made(body, adapt_format=True, again=Again(Answer(text="no"), [WRONG]))
    assert "response_format" in second
    assert "people" in json.dumps(second["input"])


def test_who_called_a_tool_wrongly_may_still_call_one_when_asked_again() -> None:
    body = {"model": "g", "input": "x", "text": FORMAT, "tools": [TOOL]}
    wrong = Violation(Source.REQUEST, "invalid_arguments", "tool_calls/0/arguments", "no object")
    again = Again(Answer(tool_calls=(ToolCall("look", "oops", "c1"),)), [wrong])
    _, sent = made(body, adapt_format=True, again=again)
    assert "response_format" not in sent
    assert "no object" in json.dumps(sent["input"])
    _, last = made(body, adapt_format=True, again=replace(again, times=1))
    assert "response_format" in last


def test_a_responses_call_goes_to_chat_completions_where_that_is_all_there_is() -> None:
    out, sent = made({"model": "g", "input": "x"}, adapt="responses-to-chat")
    assert out.target == "/v1/chat/completions?a=1"
    assert out.dialect == "chat"
    assert sent["messages"] == [{"role": "user", "content": "x"}]
    assert out.translator is not None


def test_tools_that_are_no_functions_are_flattened_and_their_names_given_back() -> None:
    space = {"type": "namespace", "name": "ns", "tools": [TOOL]}
    out, sent = made({"model": "g", "input": "x", "tools": [space]}, adapt_tools="flatten")
    assert [tool["name"] for tool in sent["tools"]] == ["ns__look"]
    assert out.translator is not None


def test_an_answer_without_content_is_not_quoted_back() -> None:
    flood = Violation(Source.MODEL, "token_flood", "text", "the same over and over")
    body = asking()
    _, sent = made(body, dialect="chat", again=Again(Answer(text="x" * 999), [flood]))
    assert sent["messages"] == body["messages"]

"""What is written is read back as the same answer, whole and streamed, in every dialect."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftgate.proxy.dialects.meaning import Answer, Usage
from driftgate.proxy.dialects.stream import StreamReader
from driftgate.proxy.dialects.writing.words import finish
from driftgate.proxy.dialects.writing.write import (
    Written,
    content_type,
    keep_alive,
    verdict_comment,
    write_body,
    write_stream,
)

DIALECTS = ("responses", "chat", "completions", "ollama_chat", "ollama_generate")
FUNCTION_SCOPED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
RESPONSES_WORDS = {"length": "max_output_tokens", "content_filter": "content_filter"}


def expected(dialect: str, answer: Answer, ask: Written) -> Answer:
    """The answer in what the dialect can say."""
    word = finish(answer)
    plain = [replace(call, namespace=None) for call in answer.tool_calls]
    known = replace(
        answer,
        finish_reason=word,
        tool_calls=tuple(plain),
        response_id=ask.id_for(answer),
        model=answer.model or ask.model,
    )
    if dialect == "responses":
        word = RESPONSES_WORDS.get(word, "completed")
        return replace(known, finish_reason=word, tool_calls=answer.tool_calls)
    if dialect == "chat":
        return known
    text = answer.text or ""
    if dialect == "completions":
        word = word.replace("tool_calls", "stop")
        return replace(known, text=text, finish_reason=word, tool_calls=(), reasoning=None)
    usage = Usage(answer.usage.input_tokens, answer.usage.output_tokens)
    calls = known.tool_calls if dialect == "ollama_chat" else ()
    word = "length" if word == "length" else "stop"
    known = replace(known, text=text, finish_reason=word, tool_calls=calls, usage=usage)
    return replace(known, response_id=None, system_fingerprint=None)


def without_timings(answer: Answer) -> Answer:
    return replace(answer, timings=None, tokens_per_second=None, prompt_tokens_per_second=None)


@pytest.mark.parametrize("dialect", DIALECTS)
@FUNCTION_SCOPED
@given(data=st.data())
def test_a_body_is_read_back_as_its_answer(reader: Any, dialect: str, data: st.DataObject) -> None:
    answer, ask = data.draw(reader.answers()), reader.ask()
    body = write_body(dialect, answer, ask)
    read = without_timings(reader.read(dialect, body, stream=False))
    assert read == expected(dialect, answer, ask)


@pytest.mark.parametrize("dialect", DIALECTS)
@FUNCTION_SCOPED
@given(data=st.data())
def test_a_stream_is_read_back_as_its_answer(
    reader: Any, dialect: str, data: st.DataObject
) -> None:
    answer, ask = data.draw(reader.answers()), reader.ask(include_usage=True)
    alive = [keep_alive(dialect, ask) for _ in range(data.draw(st.integers(0, 3)))]
    read = without_timings(reader.read(dialect, *alive, *write_stream(dialect, answer, ask)))
    assert read == expected(dialect, answer, ask)


@pytest.mark.parametrize("dialect", DIALECTS)
@FUNCTION_SCOPED
@given(data=st.data())
def test_a_stream_says_the_same_while_it_comes(
    reader: Any, dialect: str, data: st.DataObject
) -> None:
    answer, ask = data.draw(reader.answers()), reader.ask()
    live = StreamReader(dialect, content_type(dialect, stream=True))
    pieces = [live.feed(event) for event in write_stream(dialect, answer, ask)] + [live.end()]
    known = expected(dialect, answer, ask)
    assert "".join(piece.text for piece in pieces) == (known.text or "")
    assert "".join(piece.reasoning for piece in pieces) == (known.reasoning or "")
    names = [name for piece in pieces for name in piece.tool_names]
    assert names == [call.name for call in known.tool_calls]
    arguments = "".join(piece.arguments for piece in pieces)
    assert arguments == "".join(call.arguments for call in known.tool_calls)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_request_of_hostile_shape_is_echoed_or_left_out(reader: Any, dialect: str) -> None:
    deep = json.loads("[" * 900 + "]" * 900)
    for request in ({"tools": deep}, {"tools": {"a": 1}, "reasoning": 4}, {"tools": ["\ud800", 1]}):
        ask = reader.ask(request=request)
        assert reader.read(dialect, *write_stream(dialect, Answer(text="hi"), ask)).text == "hi"
        body = write_body(dialect, Answer(text="\ud800hi"), ask)
        assert reader.read(dialect, body, stream=False).text == "\ufffdhi"


def test_only_streams_of_server_sent_events_end_in_a_comment() -> None:
    assert verdict_comment("chat", "pass", 2) == b": driftgate verdict=pass attempts=2\n\n"
    assert verdict_comment("ollama_chat", "pass", 2) == b""


def test_the_content_type_is_the_dialects_own() -> None:
    assert content_type("responses", stream=True) == "text/event-stream"
    assert content_type("ollama_chat", stream=True) == "application/x-ndjson"
    assert content_type("ollama_chat", stream=False) == "application/json"

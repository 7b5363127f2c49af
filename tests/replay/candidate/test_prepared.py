"""Requests for servers that must be helped, and their answers read back."""

import gzip
import json
from typing import Any

import pytest

from driftgate.proxy.dialects.describe import describe
from driftgate.proxy.record import Chunk
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.prepared import read_back
from driftgate.replay.candidate.request import prepare
from tests.replay.candidate.recorded import call, sent

LIMIT = 1 << 20
ASK = {"model": "m", "input": "hi", "instructions": "Be brief.", "stream": True}
ANSWER = {
    "id": "chatcmpl-1",
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Hello"}}],
}


def test_an_answer_that_comes_as_recorded_is_left_as_it_is() -> None:
    prepared = sent(call({"input": "x"}, "responses"))
    assert read_back(prepared, 200, [], [b"a", b"\xff"], LIMIT) == [b"a", b"\xff"]


def test_a_server_of_chats_is_asked_for_a_chat_and_answers_as_a_response() -> None:
    prepared = sent(call(ASK, "responses", target="/v1/responses?a=1"), adapt="responses-to-chat")
    assert (prepared.target, prepared.dialect) == ("/v1/chat/completions?a=1", "chat")
    assert json.loads(prepared.body)["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "hi"},
    ]
    pieces = [
        b'data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n',
        b'data: {"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}\n\n',
        b"data: [DONE]\n\n",
    ]
    told = read_back(prepared, 200, [], pieces, LIMIT)
    assert len(told) == len(pieces) + 1
    assert text_of(told) == "Hello"


def test_an_answer_that_is_json_or_coded_is_read_back_too() -> None:
    whole = sent(call({**ASK, "stream": False}, "responses"), adapt="responses-to-chat")
    data = json.dumps(ANSWER).encode()
    assert json.loads(read_back(whole, 200, [], [data], LIMIT)[0])["object"] == "response"
    coding = [(b"Content-Encoding", b"gzip")]
    coded = read_back(whole, 200, coding, [gzip.compress(data)], LIMIT)
    assert text_of(coded) == "Hello"


def test_an_error_is_read_back_as_an_error() -> None:
    prepared = sent(call(ASK, "responses"), adapt="responses-to-chat")
    told = read_back(prepared, 400, [], [b'{"error": {"message": ', b'"no"}}'], LIMIT)
    assert json.loads(told[0])["error"]["message"] == "no"


def test_tools_that_a_server_does_not_know_go_as_functions_and_come_back_as_they_were() -> None:
    space = {"type": "namespace", "name": "a", "tools": [{"type": "function", "name": "open"}]}
    body = {"model": "m", "input": "x", "tools": [space]}
    prepared = sent(call(body, "responses"), adapt_tools="flatten")
    assert json.loads(prepared.body)["tools"][0]["name"] == "a__open"
    item = {"type": "function_call", "name": "a__open", "arguments": "{}", "call_id": "c"}
    data = json.dumps({"output": [item]}).encode()
    told = json.loads(read_back(prepared, 200, [], [data], LIMIT)[0])["output"][0]
    assert (told["namespace"], told["name"]) == ("a", "open")


def test_what_needs_no_help_goes_as_recorded() -> None:
    plain = call({"model": "m", "input": "x"}, "responses")
    for said in ({"adapt_tools": "flatten"}, {"adapt_format": True}):
        prepared = sent(plain, **said)
        assert (prepared.body, prepared.back) == (plain.request_body, None)
    chat = call({"messages": []}, "chat")
    assert sent(chat, adapt="responses-to-chat").body == chat.request_body


def test_a_schema_is_said_twice_for_a_server_that_obeys_one_word_only() -> None:
    form = {"type": "json_schema", "name": "n", "schema": {"type": "object"}}
    body = {"model": "m", "input": "x", "text": {"format": form}}
    told = json.loads(sent(call(body, "responses"), adapt_format=True).body)
    assert told["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert told["text"] == body["text"]


@pytest.mark.parametrize("said", [{"adapt_format": True}, {"adapt": "responses-to-chat"}])
@pytest.mark.parametrize("bound", [True, False])
def test_with_tools_on_offer_a_schema_binds_where_it_bound_the_recorded_answer(
    said: dict[str, Any], bound: bool
) -> None:
    form = {"type": "json_schema", "name": "n", "schema": {"type": "object"}}
    tools = [{"type": "function", "name": "open", "parameters": {}}]
    body = {"model": "m", "input": "x", "tools": tools, "text": {"format": form}}
    configuration = Configuration.model_validate(said)
    asked = prepare(call(body, "responses"), configuration, earlier=lambda _: None, bound=bound)
    assert ("response_format" in json.loads(asked.body)) is bound


def text_of(chunks: list[bytes]) -> Any:
    answer = call(b"{}", "responses", chunks=[Chunk(1, chunk) for chunk in chunks])
    return describe(answer).answer.text


def test_what_is_asked_is_kept_in_the_recorded_dialect_too() -> None:
    said = {"adapt": "responses-to-chat", "model": "new", "set": {"max_tokens": 5}}
    prepared = sent(call(ASK, "responses"), **said)
    assert prepared.asked is not None
    assert json.loads(prepared.asked) == {**ASK, "model": "new", "max_output_tokens": 5}
    assert sent(call(ASK, "responses"), model="new").asked is None


def test_what_came_from_the_environment_is_not_shown_whatever_its_name() -> None:
    environ = {"TEAM": "s3cret", "KEY": "k3y"}
    recorded = call(request_headers=[("X-Driftgate-Session", "s"), ("a", "b")])
    prepared = sent(recorded, environ, headers_env={"X-Team": "TEAM"}, api_key_env="KEY")
    assert (b"X-Team", b"s3cret") in prepared.pairs
    assert prepared.shown == [
        (b"a", b"b"),
        (b"Accept-Encoding", b"identity"),
        (b"X-Team", b"redacted"),
        (b"Authorization", b"Bearer k3y"),  # which every recorder masks
        (b"X-Driftgate-Session", b"s"),
    ]

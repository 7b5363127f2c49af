"""A turn as a Chat Completions answer."""

import json
from typing import Any

from openai.types.chat import ChatCompletion, ChatCompletionChunk

from driftgate.proxy.agent.steps import Ended, Item, Kind, Thought
from tests.support.turns import DONE, FAILED, LS, NOW, TURN, events, question, streamed

THOUGHTS = "Look first.\n$ ls -la\nexit 0\nadd b.py\ndelete a.py\n"


def body(*steps: Any) -> dict[str, Any]:
    writer, _ = streamed(question("chat"), steps)
    told: dict[str, Any] = json.loads(writer.body())
    return told


def thoughts(*steps: Any) -> str:
    return str(body(*steps, DONE)["choices"][0]["message"].get("reasoning_content", ""))


def test_a_body() -> None:
    told = body(*TURN)
    ChatCompletion.model_validate(told)
    assert (told["id"], told["object"], told["created"]) == ("chatcmpl-1f", "chat.completion", int(NOW))  # fmt: skip
    (choice,) = told["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["content"] == 'I look.\n\n{"files":1}'
    assert choice["message"]["reasoning_content"] == THOUGHTS
    assert told["usage"]["total_tokens"] == 2_060
    assert told["driftgate"] == {"model_calls": 2}


def test_a_stream_of_chunks() -> None:
    asked = question("chat", stream=True, stream_options={"include_usage": True})
    writer, pieces = streamed(asked)
    data = b"".join(pieces)
    assert data.endswith(b"data: [DONE]\n\n")
    assert writer.content_type == "text/event-stream"
    chunks = events(data)
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk)
    assert {chunk["id"] for chunk in chunks} == {"chatcmpl-1f"}
    choices = [chunk["choices"][0] for chunk in chunks if chunk["choices"]]
    deltas = [choice["delta"] for choice in choices]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert "".join(d.get("content", "") for d in deltas) == 'I look.\n\n{"files":1}'
    assert "".join(d.get("reasoning_content", "") for d in deltas) == THOUGHTS
    assert [choice["finish_reason"] for choice in choices][-2:] == [None, "stop"]
    assert chunks[-1]["usage"]["total_tokens"] == 2_060


def test_usage_comes_in_a_stream_only_where_it_was_asked_for() -> None:
    _, pieces = streamed(question("chat", stream=True))
    assert all("usage" not in chunk for chunk in events(b"".join(pieces)))


def test_thoughts_begin_lines_of_their_own() -> None:
    first, second = Thought("a", "one"), Thought("b", "two")
    assert thoughts(first, second, Thought("b", "!")) == "one\ntwo!"
    assert thoughts(first, *LS, first) == "one\n$ ls -la\nexit 0\none"


def test_a_command_that_ends_after_others_began_is_named_again() -> None:
    other = Item(kind=Kind.COMMAND, item="c2", title="pwd", exit_code=1)
    assert thoughts(LS[0], other, LS[1]) == "$ ls -la\n$ pwd\nexit 1\n$ ls -la\nexit 0\n"
    assert thoughts(LS[0], Thought("r", "hm"), LS[1]) == "$ ls -la\nhm\n$ ls -la\nexit 0\n"


def test_a_late_failure_is_an_error_that_clients_raise() -> None:
    _, pieces = streamed(question("chat", stream=True), [*LS, FAILED])
    error = events(pieces[-1])[-1]["error"]
    assert (error["code"], error["type"]) == ("codex_died", "server_error")
    assert error["driftgate"] == {"fault": "upstream"}
    assert pieces[-1].endswith(b"data: [DONE]\n\n")


def test_no_usage_is_told_where_no_server_counted() -> None:
    assert "usage" not in body(*TURN[:-1], Ended("completed"))

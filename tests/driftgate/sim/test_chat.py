"""Chat Completions and completions: reading, and the shape of what is written."""

import json
from typing import Any

import pytest

from driftgate.sim import chat
from driftgate.sim.ask import Call, SimError
from driftgate.sim.engine import Engine, SimSettings
from driftgate.sim.wire import Event


def _events(body: Any) -> list[Event]:
    ask = chat.read({**body, "stream": True})
    return list(chat.stream(Engine(SimSettings()).make(ask, None), body))


def test_a_stream_has_the_role_first_and_done_last() -> None:
    body = {"messages": [{"role": "user", "content": "echo: a b"}]}
    events = [e.data.removeprefix(b"data: ").strip() for e in _events(body)]
    assert json.loads(events[0])["choices"][0]["delta"]["role"] == "assistant"
    assert json.loads(events[-2])["choices"][0]["finish_reason"] == "stop"
    assert events[-1] == b"[DONE]"


def test_the_end_is_marked_as_terminal() -> None:
    body = {
        "messages": [{"role": "user", "content": "echo: a b"}],
        "stream_options": {"include_usage": True},
    }
    assert [event.terminal for event in _events(body)] == [False] * 3 + [True] * 3
    assert sum(event.tokens for event in _events(body)) == 2


def test_messages_keep_their_tool_calls() -> None:
    call = {"id": "c1", "function": {"name": "f", "arguments": '{"a":1}'}}
    (message,) = chat.messages([{"role": "assistant", "content": None, "tool_calls": [call]}])
    assert message.calls == (Call("f", '{"a":1}', "c1"),)


@pytest.mark.parametrize("body", [{}, {"messages": "hi"}, {"messages": None}])
def test_messages_are_required(body: Any) -> None:
    with pytest.raises(SimError, match="'messages' is required"):
        chat.read(body)


def test_a_completions_prompt_may_be_text_texts_or_tokens() -> None:
    for prompt, text in (("a", "a"), (["a", "b"], "ab"), ([1, 2], "1 2")):
        assert chat.read_completion({"prompt": prompt}).prompt == text
    with pytest.raises(SimError, match="'prompt' is required"):
        chat.read_completion({})

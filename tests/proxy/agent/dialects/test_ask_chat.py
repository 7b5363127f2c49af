"""The messages of a chat, read for an agent."""

import json
from typing import Any

import pytest

from driftgate.proxy.agent.dialects.ask_chat import read_messages
from driftgate.proxy.agent.failures import AgentError


def items(*messages: Any) -> list[dict[str, Any]]:
    return read_messages({"messages": list(messages)}).items


def test_a_tool_loop_of_another_model_is_history() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
    custom = {"id": "c2", "type": "custom", "custom": {"name": "sh", "input": "ls"}}
    asked, called, ran, gave, said = items(
        {"role": "user", "content": "1+1"},
        {"role": "assistant", "content": None, "tool_calls": [call, custom]},
        {"role": "tool", "tool_call_id": "c1", "content": "2"},
        {"role": "assistant", "content": [{"type": "text", "text": "two"}]},
    )
    assert asked["content"] == [{"type": "input_text", "text": "1+1"}]
    assert (called["type"], called["name"], called["arguments"]) == ("function_call", "add", '{"a":1}')  # fmt: skip
    assert (ran["name"], json.loads(ran["arguments"])) == ("sh", {"input": "ls"})
    assert gave == {"type": "function_call_output", "call_id": "c1", "output": "2"}
    assert said["content"] == [{"type": "output_text", "text": "two"}]


def test_the_form_before_tools_is_read() -> None:
    called, gave = items(
        {"role": "assistant", "content": "", "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "x"},
    )
    assert called["call_id"] == gave["call_id"] == "f"


def test_system_and_developer_are_instructions() -> None:
    talk = read_messages(
        {"messages": [{"role": "system", "content": "a"}, {"role": "developer", "content": "b"}]}
    )
    assert (talk.instructions, talk.items) == ("a\n\nb", [])


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        (None, "messages: a chat needs a list"),
        ("hi", "messages: a chat needs a list"),
        (["hi"], "messages/0: a message is an object"),
        ([{"role": "critic", "content": "x"}], "messages/0: an agent knows no role 'critic'"),
        ([{"content": "x"}], "messages/0: an agent knows no role None"),
        ([{"role": "user", "content": 3}], "messages/0: content is neither"),
    ],
)
def test_what_is_no_conversation_is_refused(messages: Any, why: str) -> None:
    with pytest.raises(AgentError, match=why):
        read_messages({"messages": messages})

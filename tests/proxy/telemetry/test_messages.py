"""Prompts and answers as messages of the conventions: whole, or cut within bounds."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.dialects.meaning import Item
from driftgate.proxy.telemetry.messages import LIMIT, content, input_messages, output_messages


def item(kind: str, text: str, **more: Any) -> Item:
    return Item(0, 0, kind, text=text, **more)


def test_a_conversation_is_told_by_roles_and_parts() -> None:
    told = input_messages([
        item("message", "Be brief.", role="system"),
        item("message", "List it.", role="user"),
        item("reasoning", "Hm."),
        item("tool_call", '{"at": 1}', tool_name="ls", tool_call_id="c1"),
        item("tool_result", "a.py", tool_call_id="c1"),
    ])  # fmt: skip
    assert told == [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {"role": "user", "parts": [{"type": "text", "content": "List it."}]},
        {"role": "assistant", "parts": [{"type": "reasoning", "content": "Hm."}]},
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "c1", "name": "ls", "arguments": '{"at": 1}'}],
        },
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "c1", "response": "a.py"}],
        },
    ]


def test_an_answer_is_one_message() -> None:
    row = {"output_text": "It is there.", "reasoning_text": "Hm.", "finish_reason": "stop"}
    calls = [{"name": "ls", "arguments": "{}", "tool_call_id": "c1"}]
    assert output_messages(row, calls) == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Hm."},
                {"type": "text", "content": "It is there."},
                {"type": "tool_call", "id": "c1", "name": "ls", "arguments": "{}"},
            ],
            "finish_reason": "stop",
        }
    ]


def test_of_a_long_conversation_the_newest_messages_are_told() -> None:
    items = [item("message", f"{n}" * 30_000, role="user") for n in range(9)]
    told = input_messages(items)
    assert [message["parts"][0]["content"][0] for message in told] == ["6", "7", "8"]
    assert sum(len(message["parts"][0]["content"]) for message in told) <= LIMIT
    assert len(input_messages([item("message", "", role="user")] * (LIMIT * 2))) == LIMIT


def test_a_long_answer_is_cut() -> None:
    row = {"output_text": "x" * LIMIT * 2}
    calls = [{"name": "n", "arguments": "y" * LIMIT}] * 9
    (message,) = output_messages(row, calls)
    assert len(json.dumps(message)) < LIMIT + 300


def test_what_is_not_there_is_not_told() -> None:
    assert content([], {}, []) == {}


@given(st.lists(st.text(st.characters(codec=None), max_size=20), max_size=4))
def test_any_text_becomes_json(texts: list[str]) -> None:
    told = content([item("message", text, role="user") for text in texts], {"output_text": "x"}, [])
    for value in told.values():
        json.loads(str(value).encode("utf-8"))

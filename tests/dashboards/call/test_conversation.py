"""A conversation is read in the dialects that carry one, tool calls with their results."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.dashboards.call.conversation import Entry, answer_entry, conversation, results_of
from driftgate.dashboards.call.texts import Budget
from driftgate.proxy.dialects.describe import Described, describe
from driftgate.proxy.dialects.meaning import Answer, ToolCall
from driftgate.proxy.record import Recorded

LONG = '{"a": "' + "long " * 20 + '"}'


def described(body: Any, target: str) -> Described:
    asked = Recorded(b"", 0, "", target=target, request_body=json.dumps(body).encode())
    return describe(asked)


def read(body: Any, target: str = "/v1/chat/completions", most: int = 30) -> list[Entry]:
    return conversation(described(body, target), Budget(), most).entries


def shown(entry: Entry) -> str:
    return entry.text.shown if entry.text else ""


def test_roles_and_texts_stand_in_order() -> None:
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]
    entries = read({"messages": messages})
    assert [(each.number, each.role, shown(each)) for each in entries] == [
        (1, "system", "Be kind."),
        (2, "user", "Hi"),
    ]
    assert [each.quiet for each in entries] == [True, False]


def test_a_tool_call_stands_with_its_result() -> None:
    calls = [{"id": each, "function": {"name": each, "arguments": LONG}} for each in "xy"]
    messages = [
        {
            "role": "assistant",
            "content": "Let me see.",
            "reasoning_content": "hm",
            "tool_calls": calls,
        },
        {"role": "tool", "tool_call_id": "y", "content": "of y"},
        {"role": "tool", "tool_call_id": "x", "content": "of x"},
    ]
    (entry,) = read({"messages": messages})
    assert shown(entry) == "Let me see."
    assert entry.reasoning is not None
    assert [(each.name, each.result and each.result.text.shown) for each in entry.calls] == [
        ("x", "of x"),
        ("y", "of y"),
    ]
    assert entry.calls[0].arguments.shown.startswith('{\n  "a": "long ')


def test_short_arguments_stay_on_one_line() -> None:
    call = {"id": "x", "function": {"name": "f", "arguments": '{"a": 1}'}}
    (entry,) = read({"messages": [{"role": "assistant", "tool_calls": [call]}]})
    assert entry.calls[0].arguments.shown == '{"a": 1}'


def test_a_result_without_a_call_stands_alone() -> None:
    (entry,) = read({"messages": [{"role": "tool", "tool_call_id": "z", "content": "what"}]})
    assert entry.role == "tool"
    assert entry.calls[0].result is not None


def test_results_without_ids_go_to_calls_in_their_order() -> None:
    call = {"function": {"name": "look", "arguments": {"at": 1}}}
    messages = [
        {"role": "assistant", "content": "", "tool_calls": [call, call]},
        {"role": "tool", "content": "first"},
        {"role": "tool", "content": "second"},
    ]
    (entry,) = read({"messages": messages}, "/api/chat")
    assert [each.result.text.shown for each in entry.calls if each.result] == ["first", "second"]


def test_codex_items_are_read() -> None:
    items = [
        {"type": "reasoning", "summary": [], "encrypted_content": "x"},
        {
            "type": "function_call",
            "name": "shell",
            "namespace": "box",
            "arguments": "{}",
            "call_id": "1",
        },
        {"type": "function_call_output", "call_id": "1", "output": "ok"},
        {"type": "web_search_call", "status": "done"},
    ]
    entries = read({"instructions": "Be.", "input": items}, "/v1/responses")
    assert [each.kind for each in entries] == [
        "message",
        "reasoning",
        "tool_call",
        "web_search_call",
    ]
    assert entries[1].reasoning is not None
    assert "encrypted" in entries[1].reasoning.shown
    assert entries[2].calls[0].name == "box.shell"
    assert '"web_search_call"' in shown(entries[3])


def test_of_a_long_conversation_the_latest_items_and_the_system_prompt_are_shown() -> None:
    messages = [
        {"role": "system", "content": "s"},
        *({"role": "user", "content": str(n)} for n in range(99)),
    ]
    found = conversation(described({"messages": messages}, "/v1/chat/completions"), Budget(), 5)
    assert [each.number for each in found.entries] == [1, 96, 97, 98, 99, 100]
    assert (found.total, found.earlier) == (100, 94)


def test_an_image_is_no_part_of_the_text() -> None:
    content = [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "https://x"}},
    ]
    (entry,) = read({"messages": [{"role": "user", "content": content}]})
    assert shown(entry) == "see"
    assert len(entry.images) == 1


def test_the_answer_has_results_that_a_later_call_sent() -> None:
    results = results_of([{"tool_call_id": "1", "text": "ok", "call_id": "later"}], Budget())
    answer = Answer(text=None, tool_calls=(ToolCall("f", "{}", "1"), ToolCall("g", "not json")))
    entry = answer_entry(answer, Budget(), results)
    assert entry is not None
    assert entry.calls[0].result is not None
    assert entry.calls[0].result.call == "later"
    assert entry.calls[1].result is None


def test_no_answer_is_no_entry() -> None:
    assert answer_entry(Answer(), Budget(), {}) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(
    [
        "type",
        "role",
        "content",
        "tool_calls",
        "output",
        "call_id",
        "images",
        "image_url",
        "function",
    ]
)


@given(items=st.lists(_JSON | st.dictionaries(_KEYS, _JSON, max_size=5), max_size=5))
def test_whatever_stands_in_items_is_read(items: list[Any]) -> None:
    read({"messages": items})
    read({"input": items}, "/v1/responses")

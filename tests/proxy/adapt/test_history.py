"""The conversation so far under the names that the server knows, and back."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.adapt.history import custom_input, restored_item, sent_items
from driftgate.proxy.adapt.names import tool_map

TOOLS = tool_map(
    [
        {"type": "custom", "name": "apply_patch"},
        {"type": "namespace", "name": "ns", "tools": [{"type": "function", "name": "spawn"}]},
    ]
)
CUSTOM = {"type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": '*** "x"\n'}
SPACED = {
    "type": "function_call",
    "call_id": "c2",
    "name": "spawn",
    "namespace": "ns",
    "arguments": "{}",
}


def test_an_item_of_a_strange_type_stays_as_it_is() -> None:
    items: list[Any] = [{"type": []}, {"type": {"a": 1}}, {"type": None}, 7]
    assert sent_items(items, TOOLS) == items


def test_special_calls_become_plain_ones() -> None:
    sent = sent_items([CUSTOM, SPACED], TOOLS)
    assert [(item["type"], item["name"]) for item in sent] == [
        ("function_call", "apply_patch"),
        ("function_call", "ns__spawn"),
    ]
    assert sent[0]["arguments"] == '{"input":"*** \\"x\\"\\n"}'
    assert "namespace" not in sent[1]


def test_what_was_sent_leads_back() -> None:
    for item in (CUSTOM, SPACED):
        (sent,) = sent_items([item], TOOLS)
        assert restored_item(sent, TOOLS) == item


def test_a_tool_that_is_not_declared_now_has_the_name_it_had() -> None:
    (sent,) = sent_items([SPACED], tool_map([]))
    assert sent["name"] == "ns__spawn"


def test_outputs_follow_and_hosted_items_go() -> None:
    items: list[Any] = [
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "ok"},
        {"type": "web_search_call", "id": "ws_1"},
        {"role": "user", "content": "hi"},
        "text",
    ]
    sent = sent_items(items, TOOLS)
    assert sent[0] == {"type": "function_call_output", "call_id": "c1", "output": "ok"}
    assert sent[1:] == items[2:]


@given(st.text())
def test_arguments_that_are_no_such_object_stand_as_they_are(text: str) -> None:
    assert isinstance(custom_input(text), str)
    assert custom_input("[" * 100_000) == "[" * 100_000
    assert custom_input('{"input": 3}') == '{"input": 3}'

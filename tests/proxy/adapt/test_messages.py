"""Items as messages."""

from typing import Any

import pytest

from driftgate.proxy.adapt.errors import AdaptError
from driftgate.proxy.adapt.messages import Talk


def messages(*items: Any) -> list[dict[str, Any]]:
    talk = Talk()
    for place, item in enumerate(items):
        talk.item(item, place)
    return talk.messages


def call(call_id: str, **more: Any) -> dict[str, Any]:
    told = {"type": "function_call", "call_id": call_id, "name": "f", "arguments": "{}"}
    return {**told, **more}


def said(text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "role": "assistant", "content": [part]}


def output(call_id: str, given: Any = "ok") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": given}


SENT = {"type": "function", "function": {"name": "f", "arguments": "{}"}}


def test_leading_system_and_developer_messages_are_one() -> None:
    one, two = ({"role": role, "content": role} for role in ("developer", "system"))
    user = {"role": "user", "content": "hi"}
    assert messages(one, two, user, one) == [
        {"role": "system", "content": "developer\n\nsystem"},
        {"role": "user", "content": "hi"},
        {"role": "system", "content": "developer"},
    ]


def test_a_part_of_a_strange_type_is_its_text() -> None:
    parts = [{"type": [], "text": "hi"}]
    assert messages({"role": "user", "content": parts}) == [{"role": "user", "content": "hi"}]


def test_text_and_parallel_calls_are_one_message_then_their_results() -> None:
    assert messages(said("I look."), call("a"), call("b"), output("a"), output("b")) == [
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [{"id": "a", **SENT}, {"id": "b", **SENT}],
        },
        {"role": "tool", "tool_call_id": "a", "content": "ok"},
        {"role": "tool", "tool_call_id": "b", "content": "ok"},
    ]


def test_text_between_a_call_and_its_result_joins_the_call() -> None:
    made = messages(call("a"), said("wait"), output("a"))
    assert [(m["role"], m["content"]) for m in made] == [("assistant", "wait"), ("tool", "ok")]


def test_calls_after_a_result_are_a_new_message() -> None:
    made = messages(call("a"), output("a"), call("b"), output("b"))
    assert [m["role"] for m in made] == ["assistant", "tool", "assistant", "tool"]
    assert made[0]["content"] is None


def test_reasoning_between_text_and_call_does_not_part_them() -> None:
    assert len(messages(said("x"), {"type": "reasoning", "summary": []}, call("a"))) == 1


def test_pictures_are_parts_and_text_alone_is_text() -> None:
    text = {"type": "input_text", "text": "look"}
    image = {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"}
    assert messages({"role": "user", "content": [text, text]})[0]["content"] == "look\nlook"
    assert messages({"role": "user", "content": [text, image]})[0]["content"] == [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": image["image_url"], "detail": "low"}},
    ]
    with pytest.raises(AdaptError, match="file_id"):
        messages({"role": "user", "content": [{"type": "input_image", "file_id": "f"}]})


def test_a_result_may_be_a_list_of_parts_or_an_object() -> None:
    parts = [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]
    assert messages(output("a", parts))[0]["content"] == "a\nb"
    assert messages(output("a", {"n": 1}))[0]["content"] == '{"n":1}'


def test_a_refusal_is_what_was_said() -> None:
    item = {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}
    assert messages(item) == [{"role": "assistant", "content": "No."}]


def test_a_custom_call_stays_one_where_tools_are_kept() -> None:
    item = {"type": "custom_tool_call", "call_id": "a", "name": "p", "input": "x"}
    (made,) = messages(item)
    assert made["tool_calls"] == [
        {"id": "a", "type": "custom", "custom": {"name": "p", "input": "x"}}
    ]

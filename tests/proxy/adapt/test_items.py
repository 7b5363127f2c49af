"""One output item's own events."""

from typing import Any

from driftgate.proxy.adapt.items import Item, MessageItem, ReasoningItem, ToolItem
from driftgate.proxy.adapt.names import Origin, ToolMap


def events(item: Item, *pieces: str) -> list[dict[str, Any]]:
    told = item.open()
    for piece in pieces:
        told += item.add(piece)
    return told + item.close("completed")


def kinds(told: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in told]


def test_a_summary_is_framed_as_a_part_and_text_is_not() -> None:
    assert kinds(events(ReasoningItem("rs", summary=True), "a")) == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    assert kinds(events(ReasoningItem("rs", summary=False), "a"))[1:3] == [
        "reasoning_text.delta",
        "reasoning_text.done",
    ]


def test_an_item_opens_and_closes_once() -> None:
    item = MessageItem("msg")
    assert item.open()
    assert item.open() == []
    assert item.add("") == []
    assert item.close("incomplete")
    assert item.close("completed") == []
    assert item.whole()["status"] == "incomplete"


def test_a_pair_of_surrogates_in_two_pieces_is_one_character() -> None:
    item = MessageItem("msg")
    events(item, "\ud83d", "\ude00")
    assert item.whole()["content"][0]["text"] == "\U0001f600"


def test_a_custom_tools_input_comes_whole_out_of_its_arguments() -> None:
    item = ToolItem("7", ToolMap({"patch": Origin("custom", "patch")}), custom=False)
    item.name = "patch"
    told = events(item, '{"input": ', '"x"}')
    assert kinds(told) == [
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
    ]
    assert (told[1]["delta"], told[2]["input"], told[-1]["item"]["input"]) == ("x", "x", "x")
    assert {event["item_id"] for event in told[1:3]} == {told[0]["item"]["id"]} == {"ctc_7"}


def test_a_servers_own_custom_call_is_streamed() -> None:
    item = ToolItem("7", ToolMap(), custom=True)
    item.name, item.call_id = "patch", "c1"
    told = events(item, "ab", "c")
    assert [event["delta"] for event in told if "delta" in event] == ["ab", "c"]
    assert told[-1]["item"] == {
        "id": "ctc_7",
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": "c1",
        "name": "patch",
        "input": "abc",
    }

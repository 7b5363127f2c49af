"""A response as it grows."""

import json
from typing import Any

from driftgate.proxy.adapt.request import Plan
from driftgate.proxy.adapt.writer import End, ResponsesWriter
from driftgate.proxy.dialects.sse import read_events
from driftgate.proxy.dialects.writing.written import Written
from driftgate.proxy.record import Chunk


def made() -> ResponsesWriter:
    request = {"model": "m", "temperature": 0.5}
    return ResponsesWriter(Plan(request), Written("m", 3, "resp_7", request=request))


def read(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(event.data) for event in read_events([Chunk(0, data)])]


def test_it_begins_at_once_and_repeats_the_request() -> None:
    created, started = read(made().take())
    assert (created["type"], started["type"]) == ("response.created", "response.in_progress")
    response = created["response"]
    assert (response["id"], response["temperature"], response["tools"]) == ("resp_7", 0.5, [])


def test_items_open_in_the_order_in_which_they_were_first_mentioned() -> None:
    writer = made()
    first, second = writer.call("a"), writer.call("b")
    first.name, second.name = "f", "g"
    writer.arguments(second, "{}")
    writer.arguments(first, "[]")
    whole = writer.end(End())
    added = [e for e in read(writer.take()) if e["type"] == "response.output_item.added"]
    assert [(e["output_index"], e["item"]["name"]) for e in added] == [(0, "f"), (1, "g")]
    assert [item["arguments"] for item in whole["output"]] == ["[]", "{}"]


def test_thoughts_that_come_again_are_another_item_and_text_goes_on() -> None:
    writer = made()
    for thought, text in (("a", "x"), ("b", "y")):
        writer.reasoning(thought)
        writer.text(text)
    output = writer.end(End())["output"]
    assert [item["type"] for item in output] == ["reasoning", "message", "reasoning"]
    assert output[1]["content"][0]["text"] == "xy"
    assert len({item["id"] for item in output}) == 3


def test_the_end_says_why_and_how_much() -> None:
    writer = made()
    writer.text("x")
    whole = writer.end(End("incomplete", "max_output_tokens", usage={"input_tokens": 1}))
    last = read(writer.take())[-1]
    assert (last["type"], last["response"]) == ("response.incomplete", whole)
    assert whole["incomplete_details"] == {"reason": "max_output_tokens"}
    assert whole["usage"] == {"input_tokens": 1}
    assert writer.take() == b""

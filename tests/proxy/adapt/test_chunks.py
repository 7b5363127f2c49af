"""Chunks of a chat stream, as servers differ in them."""

from typing import Any

import pytest

from driftgate.proxy.adapt.chunks import ChunkReader
from driftgate.proxy.adapt.request import Plan
from driftgate.proxy.adapt.writer import ResponsesWriter
from driftgate.proxy.dialects.writing.written import Written


def output(*deltas: dict[str, Any]) -> list[dict[str, Any]]:
    reader, writer = ChunkReader(), ResponsesWriter(Plan({}), Written("m", 3, "resp_7"))
    for delta in deltas:
        reader.take({"choices": [{"index": 0, "delta": delta}]}, writer)
    reader.round_off(writer)
    items: list[dict[str, Any]] = writer.end(reader.end())["output"]
    return items


def calls(*pieces: dict[str, Any]) -> list[tuple[str, str, str]]:
    items = output(*({"tool_calls": [piece]} for piece in pieces))
    return [(item["call_id"], item["name"], item["arguments"]) for item in items]


def piece(index: int | None, name: str | None, arguments: Any, call_id: str | None = None) -> Any:
    function = {"name": name, "arguments": arguments}
    return {"index": index, "id": call_id, "function": function}


def test_a_name_may_come_once_in_pieces_or_each_time() -> None:
    assert calls(piece(0, "get_", None, "a"), piece(0, "rain", "{}")) == [("a", "get_rain", "{}")]
    assert calls(piece(0, "rain", "{", "a"), piece(0, "rain", "}")) == [("a", "rain", "{}")]


def test_calls_without_an_index_are_told_apart_by_id_or_name() -> None:
    first, second = piece(None, "f", "{}", "a"), piece(None, "g", "[]", "b")
    assert calls(first, second) == [("a", "f", "{}"), ("b", "g", "[]")]
    told = calls(piece(None, "f", "{}"), piece(None, "f", "{}"))
    assert [call[1:] for call in told] == [("f", "{}"), ("f", "{}")]
    assert told[0][0] != told[1][0]


def test_arguments_may_be_an_object() -> None:
    assert calls(piece(0, "f", {"a": 1}, "a")) == [("a", "f", '{"a":1}')]


def test_a_whole_message_is_one_chunk() -> None:
    reader, writer = ChunkReader(), ResponsesWriter(Plan({}), Written("m", 3, "resp_7"))
    told = [{"id": "a", "function": {"name": "f", "arguments": "{}"}} for _ in range(2)]
    message = {"content": "Hi", "tool_calls": told}
    reader.take({"choices": [{"message": message, "finish_reason": "tool_calls"}]}, writer)
    items = writer.end(reader.end())["output"]
    assert [item["type"] for item in items] == ["message", "function_call", "function_call"]
    assert reader.finish == "tool_calls"


def test_an_answer_of_nothing_has_an_empty_message() -> None:
    (message,) = output({"role": "assistant", "content": ""})
    assert message["content"][0]["text"] == ""


def test_only_the_first_choice_counts() -> None:
    reader, writer = ChunkReader(), ResponsesWriter(Plan({}), Written("m", 3, "resp_7"))
    for index in (1, 0):
        reader.take({"choices": [{"index": index, "delta": {"content": str(index)}}]}, writer)
    assert writer.end(reader.end())["output"][0]["content"][0]["text"] == "0"


@pytest.mark.parametrize(("finish", "status"), [("error", "failed"), ("stop", "completed")])
def test_the_finish_reason_is_a_status(finish: str, status: str) -> None:
    reader, writer = ChunkReader(), ResponsesWriter(Plan({}), Written("m", 3, "resp_7"))
    reader.take({"choices": [{"delta": {}, "finish_reason": finish}]}, writer)
    assert reader.end().status == status


def test_a_loop_of_calls_does_not_grow_without_end() -> None:
    assert len(calls(*(piece(n, "f", "{}") for n in range(1500)))) == 1000

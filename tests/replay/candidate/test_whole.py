"""Requests that build on earlier answers, made whole."""

import gzip
from typing import Any

import pytest

from driftgate.proxy.record import Chunk, Recorded
from driftgate.replay.candidate.prepared import Unreplayable
from driftgate.replay.candidate.whole import LONGEST_CHAIN, made_whole
from tests.replay.candidate.recorded import answered

ASK = {"type": "message", "role": "user", "content": "two"}
CALLED = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "seen"}


def reply(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text}]
    return {"type": "message", "id": f"msg_{text}", "role": "assistant", "content": content}


def streamed(*items: Any) -> list[dict[str, Any]]:
    done = [
        {"type": "response.output_item.done", "output_index": place, "item": item}
        for place, item in enumerate(items)
    ]
    return [*done, {"type": "response.completed", "response": {"output": []}}]


CHAIN = {
    "r1": answered({"input": "one", "instructions": "Not carried."}, {"output": [reply("a")]}),
    "r2": answered(
        {"input": [ASK], "previous_response_id": "r1", "tools": []}, streamed(CALLED, reply("b"))
    ),
}


def refusal(body: dict[str, Any], calls: dict[str, Recorded]) -> str:
    with pytest.raises(Unreplayable) as caught:
        made_whole(body, calls.get)
    return str(caught.value)


def test_the_whole_conversation_stands_in_the_order_it_was_said() -> None:
    body = {"model": "m", "input": [RESULT], "previous_response_id": "r2", "stream": True}
    assert made_whole(body, CHAIN.get) == {
        "model": "m",
        "input": [
            {"type": "message", "role": "user", "content": "one"},
            reply("a"),
            ASK,
            CALLED,
            reply("b"),
            RESULT,
        ],
        "stream": True,
    }
    assert body["previous_response_id"] == "r2"


def test_a_request_that_builds_on_nothing_is_the_same_object() -> None:
    for body in ({"input": "x"}, {"previous_response_id": None}, {"previous_response_id": ""}):
        assert made_whole(body, CHAIN.get) is body


def test_a_missing_link_is_told() -> None:
    assert refusal({"previous_response_id": "r9"}, CHAIN) == (
        "the earlier answer 'r9' was not recorded"
    )
    broken = {"r2": CHAIN["r2"]}
    assert "'r1' was not recorded" in refusal({"previous_response_id": "r2"}, broken)


def test_a_circle_is_told() -> None:
    circle = {
        name: answered({"input": "x", "previous_response_id": other}, {"output": []})
        for name, other in (("a", "b"), ("b", "a"))
    }
    assert "builds on itself" in refusal({"previous_response_id": "a"}, circle)


def test_a_chain_without_end_is_told() -> None:
    numbered = {
        str(n): answered({"previous_response_id": str(n + 1)}, {"output": []})
        for n in range(LONGEST_CHAIN + 1)
    }
    assert "more than 1,000" in refusal({"previous_response_id": "0"}, numbered)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"request_truncated": True}, "was not recorded whole"),
        ({"response_truncated": True}, "was not recorded whole"),
        ({"status": 500}, "was not recorded whole"),
        ({"status": None}, "was not recorded whole"),
        ({"frames": [(0, True, b"x")]}, "came over a websocket"),
        ({"request_headers": [("content-encoding", "br")]}, "was not recorded whole"),
    ],
)
def test_a_link_that_is_not_whole_is_told(fields: dict[str, Any], told: str) -> None:
    calls = {"r1": answered({"input": "x"}, {"output": []}, **fields)}
    assert told in refusal({"previous_response_id": "r1"}, calls)


def test_what_only_the_server_knows_is_told() -> None:
    assert "conversation" in refusal({"conversation": "conv_1"}, {})
    calls = {"r1": answered({"input": "x", "conversation": {"id": "c"}}, {"output": []})}
    assert "conversation" in refusal({"previous_response_id": "r1"}, calls)


def test_a_hostile_id_is_told_in_one_short_line() -> None:
    told = refusal({"previous_response_id": "\x1b[31m\n" * 5000}, {})
    assert told.isprintable()
    assert len(told) < 200
    assert "is no text" in refusal({"previous_response_id": {"a": 1}}, {})


def test_an_answer_in_a_content_coding_is_read() -> None:
    call = answered({"input": "one"}, {"output": [reply("a")]})
    call.chunks = [Chunk(1, gzip.compress(call.chunks[0].data))]
    call.response_headers = [("Content-Encoding", "gzip")]
    whole = made_whole({"previous_response_id": "r1", "input": []}, {"r1": call}.get)
    assert whole["input"][1] == reply("a")
    call.chunks = [Chunk(1, call.chunks[0].data[:-9])]
    assert "not recorded whole" in refusal({"previous_response_id": "r1"}, {"r1": call})


@pytest.mark.parametrize(
    "events",
    [
        [{"type": "response.output_item.done", "output_index": 0, "item": reply("a")}],
        [{"type": "response.failed", "response": {"output": [reply("a")]}}],
        ["[DONE]"],
    ],
)
def test_a_stream_that_has_no_good_end_is_not_whole(events: list[Any]) -> None:
    calls = {"r1": answered({"input": "x"}, events)}
    assert "not recorded whole" in refusal({"previous_response_id": "r1"}, calls)


def test_items_of_a_stream_stand_by_their_index_and_the_last_event_counts_most() -> None:
    done = [
        {"type": "response.output_item.done", "output_index": 1, "item": reply("b")},
        {"type": "response.output_item.done", "output_index": 0, "item": reply("a")},
    ]
    end: dict[str, Any] = {"type": "response.completed", "response": {"output": []}}
    body = {"previous_response_id": "r1"}
    calls = {"r1": answered({}, [*done, end])}
    assert made_whole(body, calls.get)["input"] == [reply("a"), reply("b")]
    end["response"]["output"] = [reply("c")]
    calls = {"r1": answered({}, [*done, end])}
    assert made_whole(body, calls.get)["input"] == [reply("c")]

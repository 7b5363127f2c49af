"""Codex's exchange over a websocket, read as one call."""

import json
from typing import Any

from driftgate.proxy.dialects import Described, describe
from driftgate.proxy.dialects.meaning import Usage
from driftgate.proxy.dialects.websocket import Message
from driftgate.proxy.dialects.websocket_exchange import read_exchanges


def asked(**more: Any) -> Any:
    return True, {"type": "response.create", "model": "gemma4", **more}


def told(text: str, number: int) -> list[Any]:
    item = {"type": "message", "content": [{"type": "output_text", "text": text}]}
    usage = {"input_tokens": 10, "output_tokens": 2}
    response = {"id": f"resp_{number}", "status": "completed", "usage": usage}
    return [
        (False, {"type": "response.output_item.done", "item": item}),
        (False, {"type": "response.completed", "response": response}),
    ]


def prewarm() -> list[Any]:
    response = {"id": "resp_0", "status": "completed", "output": []}
    return [
        asked(generate=False, input=[{"role": "developer", "content": "base"}]),
        (False, {"type": "response.completed", "response": response}),
    ]


def frame(data: bytes) -> bytes:
    return b"\x81\x7f" + len(data).to_bytes(8, "big") + data


def described(make: Any, exchange: list[Any]) -> Described:
    call = make.recorded("/v1/responses")
    call.status = 101
    call.frames = [
        (1_000_000 * n, from_client, frame(json.dumps(body).encode()))
        for n, (from_client, body) in enumerate(exchange)
    ]
    return describe(call)


def test_all_requests_and_answers_of_a_connection_are_one_call(make: Any) -> None:
    meta = {"thread_id": "t", "turn_id": "u"}
    found = described(
        make,
        [
            *prewarm(),
            asked(input=[{"role": "user", "content": "\u00e9"}], tools=[], client_metadata=meta),
            *told("one", 1),
            asked(input=[{"role": "user", "content": "b"}], previous_response_id="resp_1",
                  client_metadata=meta),
            *told("two", 2),
        ],
    )  # fmt: skip
    assert found.request.parameters.previous_response_id == "resp_1"
    assert [item.text for item in found.request.items] == ["base", "\u00e9", "b"]
    texts = [json.loads(found.body[i.start : i.end])["content"] for i in found.request.items]
    assert texts == ["base", "\u00e9", "b"]
    assert (found.answer.text, found.answer.usage) == ("one\ntwo", Usage(20, 4))
    assert (found.answer.response_id, found.answer.complete) == ("resp_2", True)
    assert (found.answer.first_token_us, found.answer.events) == (3000, 4)
    assert (found.identity.thread_id, found.identity.turn_id) == ("t", "u")
    assert all(0 < cut < len(found.body) for cut in found.request.boundaries)


def test_a_request_without_its_answer_is_not_complete(make: Any) -> None:
    exchange = [asked(input="a"), *told("one", 1), asked(input="b")]
    found = described(make, exchange)
    assert (found.answer.text, found.answer.complete) == ("one", False)
    cut = described(make, [asked(input="a"), *told("one", 1)[:1]])
    assert (cut.answer.text, cut.answer.complete) == ("one", False)


def test_an_event_of_a_strange_type_ends_no_answer(make: Any) -> None:
    strange = (False, {"type": ["response.completed"]})
    found = described(make, [asked(input="a"), strange, *told("one", 1)])
    assert (found.answer.text, found.answer.complete) == ("one", True)


def test_the_digest_does_not_see_client_metadata(make: Any) -> None:
    first, second, third = (
        described(make, [asked(input=text, client_metadata={"n": n})]).request.digest
        for n, text in enumerate(["a", "a", "b"])
    )
    assert first == second
    assert first != third


def test_what_is_not_json_is_passed_over(make: Any) -> None:
    messages = [
        Message(0, False, "text", b"{}"),
        Message(1, True, "ping", b""),
        Message(2, True, "text", b"{"),
        Message(3, False, "text", b"["),
    ]
    assert [exchange.scanned.valid for exchange in read_exchanges(messages)] == [False]
    assert described(make, []).answer.text is None


def test_the_captured_exchange_is_read(codex: Any, make: Any) -> None:
    exchange = codex.exchange("websocket_turn.01")
    frames = [(entry["dir"] == "in", entry.get("body")) for entry in exchange["websocket_frames"]]
    found = described(make, [(inward, body) for inward, body in frames if body is not None])
    assert found.request.parameters.model == "gemma4"
    assert found.identity.thread_id == "01a20e82-9d25-7f61-9d1f-073247404fc1"
    assert found.request.items[0].role == "developer"

"""What the readers of each dialect note of the events themselves."""

import json
from typing import Any

import pytest

from driftgate.proxy.dialects.wire_facts import WireFacts

RESPONSE = {"id": "r", "status": "completed", "usage": {"input_tokens": 3, "output_tokens": 1}}
ADDED = {
    "type": "response.output_item.added",
    "output_index": 0,
    "item": {"type": "message", "id": "m", "content": []},
}
CREATED = {"type": "response.created", "response": {"id": "r", "status": "in_progress"}}
DELTA = {"type": "response.output_text.delta", "output_index": 0, "item_id": "m", "delta": "Hi"}
ITEM_DONE = {
    "type": "response.output_item.done",
    "output_index": 0,
    "item": {"type": "message", "id": "m", "content": [{"type": "output_text", "text": "Hi"}]},
}
THINKING = {"type": "response.reasoning_text.done", "item_id": "t", "text": "Greet."}
CALLING = {
    "type": "response.output_item.added",
    "output_index": 0,
    "item": {"type": "function_call", "id": "c", "name": "run"},
}
COMPLETED = {"type": "response.completed", "response": RESPONSE}
CHUNK = {"choices": [{"index": 0, "delta": {"content": "Hi"}}]}
FINISH = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
LINE = {"message": {"role": "assistant", "content": "Hi"}, "done": False}
DONE = {"message": {"content": ""}, "done": True, "done_reason": "stop", "eval_count": 1}


def framed(*events: Any) -> bytes:
    return b"".join(
        b"data: " + (e if isinstance(e, bytes) else json.dumps(e).encode()) + b"\n\n"
        for e in events
    )


def facts(make: Any, path: str, data: bytes, kind: str = "text/event-stream") -> dict[str, str]:
    return dict(make.call(path, {}, [data], content_type=kind).answer.wire)


@pytest.mark.parametrize(
    ("path", "events"),
    [
        ("/v1/responses", (ADDED, DELTA, ITEM_DONE, COMPLETED)),
        ("/v1/responses", (CREATED, THINKING, ADDED, DELTA, ITEM_DONE, COMPLETED)),
        ("/v1/responses", (ADDED, DELTA, {**COMPLETED, "type": "response.incomplete"})),
        ("/v1/responses", (ITEM_DONE, COMPLETED)),
        ("/v1/responses", (ADDED, DELTA, ITEM_DONE, COMPLETED, b"[DONE]")),
        ("/v1/chat/completions", (CHUNK, FINISH, b"[DONE]")),
        ("/v1/chat/completions", (CHUNK, FINISH)),
        ("/v1/chat/completions", (CHUNK, FINISH, FINISH)),
        ("/v1/completions", ({"choices": [{"text": "Hi", "finish_reason": "stop"}]},)),
        ("/v1/chat/completions", (CHUNK, FINISH, {"choices": [], "usage": {}}, b" [DONE] ")),
    ],
)
def test_a_legal_stream_has_no_facts(make: Any, path: str, events: tuple[Any, ...]) -> None:
    assert facts(make, path, framed(*events)) == {}


@pytest.mark.parametrize(
    "event",
    [
        {"type": []},
        {"type": "response.output_item.added", "item": {"type": [1]}},
        {"type": "response.output_item.done", "item": {"type": {"a": 1}}},
        {"type": "response.completed", "response": {"output": [{"type": [1]}], "status": [1]}},
    ],
)
@pytest.mark.parametrize("last", [True, False])
def test_an_event_of_a_strange_type_costs_no_answer(
    make: Any, event: dict[str, Any], last: bool
) -> None:
    events = (ITEM_DONE, COMPLETED, event) if last else (event, ITEM_DONE, COMPLETED)
    answer = make.call(
        "/v1/responses", {}, [framed(*events)], content_type="text/event-stream"
    ).answer
    assert (answer.text.strip(), answer.complete) == ("Hi", True)


def test_a_legal_stream_of_lines_has_no_facts(make: Any) -> None:
    data = b"\n".join(json.dumps(value).encode() for value in (LINE, DONE)) + b"\n"
    assert facts(make, "/api/chat", data, "application/x-ndjson") == {}


@pytest.mark.parametrize(
    ("path", "events", "keyword", "detail"),
    [
        ("/v1/responses", (ADDED, b'{"type":', ITEM_DONE, COMPLETED), "invalid_json", "event 2: "),
        ("/v1/responses", (DELTA, ITEM_DONE, COMPLETED), "event_order", "event 1: "),
        ("/v1/responses", (ADDED, ITEM_DONE, DELTA, COMPLETED), "event_order", "event 3: "),
        ("/v1/responses", (ADDED, CREATED, ITEM_DONE, COMPLETED), "event_order", "event 2: "),
        ("/v1/responses", (ADDED, DELTA, COMPLETED), "unfinished_item", "event 3: "),
        ("/v1/responses", (CALLING, COMPLETED), "unfinished_item", "event 2: "),
        ("/v1/chat/completions", (CHUNK, FINISH, CHUNK), "event_order", "event 3: "),
        ("/v1/completions", (FINISH, {"choices": [{"text": "!"}]}), "event_order", "event 2: "),
        ("/v1/responses", (ITEM_DONE, COMPLETED, COMPLETED), "duplicate_terminal", "event 3: "),
        ("/v1/responses", (COMPLETED, ITEM_DONE), "event_after_terminal", "event 2: "),
        ("/v1/chat/completions", (CHUNK, b"Internal", FINISH), "invalid_json", "event 2: "),
        ("/v1/chat/completions", (FINISH, b"[DONE]", b"[DONE]"), "duplicate_terminal", "event 3: "),
        ("/v1/chat/completions", (FINISH, b"[DONE]", CHUNK), "event_after_terminal", "event 3: "),
    ],
)
def test_what_is_illegal_is_noted_with_its_event(
    make: Any, path: str, events: tuple[Any, ...], keyword: str, detail: str
) -> None:
    found = facts(make, path, framed(*events))
    assert list(found) == [keyword]
    assert found[keyword].startswith(detail)


@pytest.mark.parametrize(
    ("lines", "keyword"),
    [
        ((LINE, b"{half", DONE), "invalid_json"),
        ((LINE, DONE, DONE), "duplicate_terminal"),
        ((DONE, LINE), "event_after_terminal"),
    ],
)
def test_lines_are_looked_at_likewise(make: Any, lines: tuple[Any, ...], keyword: str) -> None:
    data = b"\n".join(v if isinstance(v, bytes) else json.dumps(v).encode() for v in lines)
    assert list(facts(make, "/api/chat", data, "application/x-ndjson")) == [keyword]


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/chat/completions"])
def test_the_last_half_event_of_a_broken_stream_is_no_fact(make: Any, path: str) -> None:
    whole = framed(CHUNK, ADDED)
    assert facts(make, path, whole[:-20]) == {}


def test_lines_that_are_no_field_of_sse_are_noted(make: Any) -> None:
    data = b"Traceback (most recent call last):\n" + framed(CHUNK, FINISH, b"[DONE]")
    assert facts(make, "/v1/chat/completions", data) == {
        "malformed_sse": "b'Traceback (most recent call last):'"
    }


def test_the_fields_of_sse_and_comments_are_none(make: Any) -> None:
    data = b": hi\nevent: x\nid: 1\nretry: 5\nevent\n" + framed(CHUNK, FINISH) + b": bye\ndat"
    assert facts(make, "/v1/chat/completions", data) == {}


@pytest.mark.parametrize(
    ("usage", "keyword"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}, None),
        ({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 6}, "usage_implausible"),
        ({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": "6"}, None),
        ({"prompt_tokens": 3, "total_tokens": 6}, None),
        (
            {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 9,
             "completion_tokens_details": {"reasoning_tokens": 4}},
            None,
        ),
    ],
)  # fmt: skip
def test_a_total_is_the_sum(make: Any, usage: dict[str, Any], keyword: str | None) -> None:
    body = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], "usage": usage}
    found = make.call("/v1/chat/completions", {}, [json.dumps(body).encode()]).answer.wire
    assert [name for name, _ in found] == ([keyword] if keyword else [])


def test_llama_cpps_timings_are_no_usage(make: Any) -> None:
    body = {
        "choices": [{"message": {"content": "Hi"}}],
        "timings": {"prompt_n": 3, "predicted_n": 1},
    }
    answer = make.call("/v1/chat/completions", {}, [json.dumps(body).encode()]).answer
    assert answer.usage.output_tokens == 1
    assert [name for name, _ in answer.wire] == ["usage_missing"]


def test_a_hostile_stream_leaves_one_fact_of_each_keyword(make: Any) -> None:
    found = facts(make, "/v1/responses", framed(*[b"{" * 5000] * 5000, COMPLETED))
    assert list(found) == ["invalid_json"]
    assert len(found["invalid_json"]) < 200


def test_nothing_noted_is_an_empty_tuple() -> None:
    assert WireFacts().facts() == ()


def test_a_stream_or_a_body_of_any_dialect_says_that_its_context_was_exceeded(make: Any) -> None:
    cut = {"delta": {"content": "a"}, "finish_reason": "length"}
    chat = [{"choices": [cut]}, {"choices": [], "truncated": True}]
    assert "context_truncated" in facts(make, "/v1/chat/completions", framed(*chat, "[DONE]"))
    done = {"type": "response.completed", "response": {"status": "completed", "truncated": True}}
    assert "context_truncated" in facts(make, "/v1/responses", framed(done))
    echo = {"type": "response.completed", "response": {"status": "completed", "truncation": "auto"}}
    assert facts(make, "/v1/responses", framed(echo)) == {}
    line = json.dumps({"done": True, "truncated": True}).encode()
    assert "context_truncated" in facts(make, "/api/chat", line, "application/x-ndjson")


def test_an_agents_answer_says_that_its_counts_are_those_of_many_calls(make: Any) -> None:
    ours = {"driftgate": {"model_calls": 3}}
    stopped = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
    found = facts(make, "/v1/chat/completions", framed(stopped, {"choices": [], **ours}, "[DONE]"))
    assert found == {"usage_summed": "the counts are those of 3 model calls"}
    done = {"type": "response.completed", "response": {"status": "completed", **ours}}
    assert list(facts(make, "/v1/responses", framed(done))) == ["usage_summed"]
    for other in (True, 0, "3", None):
        done["response"] = {"status": "completed", "driftgate": {"model_calls": other}}
        assert facts(make, "/v1/responses", framed(done)) == {}

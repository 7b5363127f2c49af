"""Volatile parts made anew: only those that are named, and what was equal stays equal."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from driftgate.replay.candidate.fresh import Fresh
from tests.replay.candidate.recorded import call, sent

UUID = "01a20e86-098f-7561-bc77-3464824f1d89"
NOW = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
CONTEXT = "<cwd>/old</cwd>\n<current_date>2026-11-24</current_date>"
TURN = json.dumps({"thread_id": UUID, "turn_started_at_unix_ms": 1795539995101, "model": "m"})
BODY: dict[str, Any] = {
    "input": [
        {"type": "message", "id": f"msg_{UUID}", "role": "user", "content": CONTEXT},
        {"type": "function_call", "id": "fc_349d06bf", "call_id": "call_1aa4d4de8b", "name": "x"},
        {"type": "function_call_output", "call_id": "call_1aa4d4de8b", "output": "ok"},
    ],
    "prompt_cache_key": UUID,
    "client_metadata": {"thread_id": UUID, "x-codex-turn-metadata": TURN, "n": 3},
}
CHAT = {
    "messages": [
        {"role": "assistant", "tool_calls": [{"id": "call_abcdef12", "function": {}}]},
        {"role": "tool", "tool_call_id": "call_abcdef12", "content": "x"},
    ]
}


def fresh(*parts: str, salt: str = "s") -> Fresh:
    return Fresh(parts, salt, NOW, "/new\\1")


@pytest.mark.parametrize("part", ["ids", "dates", "cwd", "prompt_cache_key", "client_metadata"])
def test_only_the_named_part_changes(part: str) -> None:
    told = fresh(part).body("responses", BODY)
    changed = {key for key in BODY if told[key] != BODY[key]}
    assert changed == {part if part in BODY else "input"}


def test_ids_stay_of_their_kind_and_calls_keep_their_results() -> None:
    items = fresh("ids").body("responses", BODY)["input"]
    assert items[1]["call_id"] == items[2]["call_id"] != "call_1aa4d4de8b"
    assert items[0]["id"].startswith("msg_")
    assert len(items[0]["id"]) == len(f"msg_{UUID}")
    assert items[1]["id"].startswith("fc_")
    messages = fresh("ids").body("chat", CHAT)["messages"]
    assert messages[0]["tool_calls"][0]["id"] == messages[1]["tool_call_id"] != "call_abcdef12"


def test_the_date_and_place_are_those_of_now() -> None:
    text = fresh("dates", "cwd").body("responses", BODY)["input"][0]["content"]
    assert text == "<cwd>/new\\1</cwd>\n<current_date>2027-01-02</current_date>"


def test_a_thread_is_the_same_in_body_and_header() -> None:
    made = fresh("client_metadata", "prompt_cache_key")
    told = made.body("responses", BODY)
    thread = told["client_metadata"]["thread_id"]
    assert thread == told["prompt_cache_key"] != UUID
    turn = json.loads(told["client_metadata"]["x-codex-turn-metadata"])
    assert turn == {"thread_id": thread, "turn_started_at_unix_ms": 1798859045000, "model": "m"}
    pairs = [
        (b"Thread-Id", UUID.encode()),
        (b"x-codex-window-id", f"{UUID}:0".encode()),
        (b"a", b"b"),
    ]
    assert made.pairs(pairs) == [
        (b"Thread-Id", thread.encode()),
        (b"x-codex-window-id", f"{thread}:0".encode()),
        (b"a", b"b"),
    ]
    assert fresh("ids").pairs(pairs) == pairs


def test_two_requests_get_different_ids() -> None:
    one, other = (fresh("ids", salt=salt).identifier("call_1aa4d4de8b") for salt in ("a", "b"))
    assert one != other
    recorded = call(BODY, "responses")
    bodies = {sent(recorded, fresh=["prompt_cache_key"]).body for _ in range(2)}
    assert len(bodies) == 2


def test_strange_shapes_are_left_alone() -> None:
    body = {"input": ["x", 3, {"id": 5}], "prompt_cache_key": 3, "client_metadata": "x"}
    parts = ("ids", "dates", "cwd", "prompt_cache_key", "client_metadata")
    assert fresh(*parts).body("responses", body) == body

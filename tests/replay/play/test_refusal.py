"""Errors of the player, in the client's dialect."""

import json

from driftgate.replay.play import refusal
from driftgate.replay.play.library import Near
from driftgate.replay.play.nearest import Difference

ID = "019ab3f2-7c41-7000-8000-000000000001"
NEAR = [Near(ID, [Difference("/seed", "1", "2")]), Near("other", [])]


def test_an_openai_client_reads_what_came_near_and_what_differs() -> None:
    error = refusal.unmatched("POST", "/v1/responses", NEAR)
    told = json.loads(refusal.body("/v1/responses", error, NEAR))["error"]
    assert (error.status, told["code"]) == (404, "no_recording")
    assert told["message"].endswith(f"the nearest, call {ID}, differs at /seed")
    assert told["driftgate"] == {
        "fault": "client",
        "nearest": [
            {"call_id": ID, "differences": [{"at": "/seed", "recorded": "1", "asked": "2"}]},
            {"call_id": "other", "differences": []},
        ],
    }


def test_an_ollama_client_reads_it_in_its_own_form() -> None:
    error = refusal.unmatched("POST", "/api/chat", NEAR)
    told = json.loads(refusal.body("/api/chat", error, NEAR))
    assert told["error"] == error.message
    assert told["driftgate"]["nearest"][0]["call_id"] == ID


def test_without_any_recording_near_nothing_is_named() -> None:
    error = refusal.unmatched("GET", "/\x1b[31m" + "x" * 9999, [])
    assert "nearest" not in json.loads(refusal.body("/x", error))["error"]["driftgate"]
    assert "\x1b" not in error.message
    assert len(error.message) < 400


def test_each_refusal_has_its_status() -> None:
    errors = [refusal.too_large(64 << 20), refusal.no_websocket(), refusal.unreadable("gone")]
    assert [error.status for error in errors] == [413, 426, 503]
    assert "64 MB" in errors[0].message

"""Recordings found by what is asked."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.history.reader import open_history
from driftgate.proxy.record import Chunk, Outcome, Recorded
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.settings.model import RedactSettings
from driftgate.replay.arm import Arm
from driftgate.replay.play.chosen import chosen
from driftgate.replay.play.kept import Kept
from driftgate.replay.play.library import Library, load
from driftgate.replay.play.match import Entry
from tests.replay.play.histories import Written, body, call, replay
from tests.support.recorded_calls import call_id, record

CHAT = "/v1/chat/completions"
MODELS: dict[str, Any] = {"method": "GET", "target": "/v1/models", "request_body": b""}


def library(
    tmp_path: Path, *calls: Recorded, numbers: Sequence[int], arm: Arm | None = None
) -> Library:
    written = Written(tmp_path / "h.duckdb")
    written.add(*calls)
    written.select(numbers, "set")
    written.run()
    with open_history(written.path, drain=False) as reader:
        found = chosen(reader, "last" if arm else "set", arm or Arm.RECORD)
    return load(found, Kept(written.path))


def asked(found: Library, text: str) -> str | None:
    _, entry = found.ask("POST", CHAT, body(text), None)
    return entry.answer if entry else None


def test_a_request_finds_its_recordings_in_their_order(tmp_path: Path) -> None:
    found = library(tmp_path, call(3, "a"), call(1, "a"), call(2, "b"), numbers=[3, 2, 1])
    assert [asked(found, "a") for _ in range(3)] == [str(call_id(n)) for n in (1, 3, 3)]
    assert asked(found, "b") == str(call_id(2))
    assert asked(found, "c") is None
    assert (found.played, found.models) == (3, ["gemma4"])


def test_an_arms_answer_is_found_by_the_recorded_request(tmp_path: Path) -> None:
    made = [call(1, "a"), replay(20, 1, "candidate", "as adapted")]
    found = library(tmp_path, *made, numbers=[1], arm=Arm.CANDIDATE)
    _, entry = found.ask("POST", CHAT, body("a"), None)
    assert entry == Entry(str(call_id(20)), str(call_id(1)))
    assert b"candidate 1 to 1" in found.playback(entry).chunks[0][1]


def test_what_cannot_be_played_is_counted_and_not_found(tmp_path: Path) -> None:
    cut = replace(call(3, "c"), request_truncated=True)
    half: dict[str, Any] = {"chunks": [Chunk(1, b'data: "ha')], "outcome": Outcome.CLIENT_GONE}
    gone = [call(n, "b", **half) for n in (1, 2)]
    found = library(tmp_path, call(0, "a"), *gone, cut, numbers=[0, 1, 2, 3])
    assert asked(found, "b") is asked(found, "c") is None
    assert dict(found.left_out) == {
        "its client left before the answer's end": 2,
        "its request is longer than the recording limit": 1,
    }
    assert found.played == 1


def test_what_models_there_are_is_found_though_it_was_not_selected(tmp_path: Path) -> None:
    found = library(tmp_path, call(0, "a"), record(1, **MODELS), numbers=[0])
    for method in ("GET", "HEAD"):
        _, entry = found.ask(method, "/v1/models?client_version=9", b"", None)
        assert entry == Entry(str(call_id(1)), str(call_id(1)))
    assert found.played == 1


def test_a_head_leaves_the_answer_to_the_get_behind_it(tmp_path: Path) -> None:
    calls = [record(number, **{**MODELS, "target": "/x"}) for number in range(2)]
    found = library(tmp_path, *calls, numbers=[0, 1])
    taken = [found.ask(method, "/x", b"", None)[1] for method in ("HEAD", "GET", "HEAD", "GET")]
    assert [entry and entry.answer for entry in taken] == [str(call_id(n)) for n in (0, 0, 1, 1)]


def test_what_models_there_were_then_comes_before_what_there_are_now(tmp_path: Path) -> None:
    models = [record(number, **MODELS) for number in (1, 2)]
    found = library(tmp_path, call(0, "a"), *models, numbers=[0, 1])
    for _ in range(2):
        _, entry = found.ask("GET", "/v1/models", b"", None)
        assert entry == Entry(str(call_id(1)), str(call_id(1)))


def test_an_arms_answer_is_gone_on_from_as_the_records_was(tmp_path: Path) -> None:
    def turn(text: str, before: str | None, name: str) -> dict[str, Any]:
        asked = {"input": text, "previous_response_id": before}
        answer = {"id": name, "object": "response", "status": "completed", "output": []}
        return {
            "target": "/v1/responses",
            "request_body": json.dumps(asked).encode(),
            "response_headers": [("Content-Type", "application/json")],
            "chunks": [Chunk(1, json.dumps(answer).encode())],
        }

    recorded = [call(1, "", **turn("a", None, "r1")), call(2, "", **turn("b", "r1", "r2"))]
    made = [replay(20 + n, n, "candidate", "", **turn("sent", None, f"c{n}")) for n in (1, 2)]
    found = library(tmp_path, *recorded, *made, numbers=[1, 2], arm=Arm.CANDIDATE)
    _, entry = found.ask("POST", "/v1/responses", turn("b", "c1", "")["request_body"], None)
    assert entry == Entry(str(call_id(22)), str(call_id(2)))


@pytest.mark.parametrize("limit", [0, 1 << 20])
def test_the_nearest_are_told_fewest_differences_first(tmp_path: Path, limit: int) -> None:
    rain, unlike = "tell me of rain", "words that nobody shares"
    calls = [call(0, rain), call(1, rain), call(2, unlike, request_body=body(unlike, top_k=4))]
    other = call(3, rain, request_body=body(rain, seed=4, top_k=3, top_p=1, min_p=1))
    found = library(tmp_path, *calls, other, numbers=[0, 1, 2, 3])
    found.kept._limit = limit
    question, _ = found.ask("POST", CHAT, body(rain, seed=5), None)
    near = found.near(question)
    assert [each.call_id for each in near] == [str(call_id(n)) for n in (0, 2, 3)]
    assert [[one.at for one in each.differences] for each in near] == [
        ["/seed"],
        ["/messages/0/content", "/top_k", "/seed"],
        ["/seed", "/top_k", "/top_p", "/min_p"],
    ]


def test_a_request_with_a_secret_finds_the_recording_in_which_it_is_masked(tmp_path: Path) -> None:
    rules = RedactSettings(patterns=[r"sk-\w+"], query=["whose"])
    redactor = Redactor(b"key", rules)
    target = f"{CHAT}?whose=me"
    masked = call(
        0,
        "",
        request_body=redactor.request_body(body("my key is sk-1"), None),
        target=redactor.target(target),
    )
    assert b"sk-1" not in masked.request_body
    found = library(tmp_path, masked, numbers=[0])
    found.redactor = redactor
    assert found.ask("POST", target, body("my key is sk-1"), None)[1]
    for other in ((target, "my key is sk-2"), (f"{CHAT}?whose=you", "my key is sk-1")):
        assert found.ask("POST", other[0], body(other[1]), None)[1] is None

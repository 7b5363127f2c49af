"""From a recorded call to the answer that is played."""

from dataclasses import replace
from typing import Any

import pytest

from driftgate.proxy.record import Chunk, Outcome, Recorded
from driftgate.replay.play.playback import Playback, UnplayableError, playback
from tests.support.recorded_calls import record

STREAM = [Chunk(5_000, b"data: a\n\n"), Chunk(9_000, b""), Chunk(9_500, b"data: b\n\n")]


def played(**fields: Any) -> Playback:
    return playback(record(0, **fields), "id")


def test_status_header_chunks_and_times_are_the_recorded_ones() -> None:
    pairs = [("X-Two", "2"), ("content-type", "text/event-stream"), ("X-Two", "1")]
    found = played(status=201, response_headers=pairs, chunks=STREAM)
    assert (found.status, found.headers) == (201, pairs)
    assert found.chunks == [(5_000, b"data: a\n\n"), (9_500, b"data: b\n\n")]
    assert (found.length, found.broken) == (None, False)


def test_fields_of_one_connection_are_not_played() -> None:
    pairs = [
        ("Connection", "close, X-Hop"),
        ("X-Hop", "1"),
        ("Transfer-Encoding", "chunked"),
        ("X-Kept", "1"),
    ]
    assert played(response_headers=pairs).headers == [("X-Kept", "1")]


def test_fields_that_no_wire_could_have_carried_are_left_out() -> None:
    pairs = [("A\r\nB", "1"), ("C", "1\r\nD: 2"), ("E", "1")]
    assert played(response_headers=pairs).headers == [("E", "1")]


def test_a_field_in_latin_1_keeps_its_bytes() -> None:
    utf8 = "Zürich".encode().decode("latin-1")
    assert played(response_headers=[("X-City", utf8)]).headers == [("X-City", "Zürich")]


@pytest.mark.parametrize("value", ["", "-1", "x", "9" * 40, "1, 2"])
def test_a_length_that_is_none_is_left_out(value: str) -> None:
    found = played(response_headers=[("Content-Length", value)])
    assert (found.headers, found.length) == ([], None)


def test_an_answer_that_broke_off_breaks_off_again() -> None:
    length = [("Content-Length", "100")]
    fields = {"chunks": [Chunk(1, b"half")], "outcome": Outcome.UPSTREAM_RESET}
    assert played(response_headers=length, **fields).broken
    assert played(response_headers=[], **fields).broken
    assert not played(response_headers=[("Content-Length", "4")], **fields).broken


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("POST", 204), ("GET", 304)])
def test_an_answer_without_a_body_is_whole(method: str, status: int) -> None:
    found = played(
        method=method, status=status, response_headers=[("Content-Length", "9")], chunks=[]
    )
    assert not found.broken


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"status": None, "chunks": []}, "nothing was answered"),
        ({"status": 101}, "websocket"),
        ({"frames": [(1, True, b"x")]}, "websocket"),
        ({"outcome": Outcome.CLIENT_GONE}, "client left"),
        ({"outcome": Outcome.INTERRUPTED}, "client left"),
    ],
)
def test_what_cannot_be_played_says_why(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(UnplayableError, match=why):
        played(**fields)


def test_an_answer_that_was_not_recorded_whole_is_not_played() -> None:
    cut: Recorded = replace(record(0), response_truncated=True)
    with pytest.raises(UnplayableError, match="recording limit"):
        playback(cut, "id")

"""Calls made by hand, a server with canned answers, and a small real history."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftgate.proxy.record import Chunk, Outcome
from tests.support import recorded_calls
from tests.support.recorded_calls import REQUEST, Canned, MakeCall, Recording, record


@pytest.fixture
def make_call() -> MakeCall:
    """Makes a call; columns by name override those of a plain completed one."""
    return recorded_calls.make_call


@pytest.fixture
def canned() -> Iterator[Canned]:
    """A server with canned answers."""
    server = Canned()
    yield server
    server.close()


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    """A history with three calls: a completed one, a refused one, one on an unknown path."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("DRIFTGATE_HISTORY", str(tmp_path / "h.duckdb"))
    made = Recording(tmp_path / "h.duckdb")
    refused = json.dumps({**REQUEST, "model": "other", "stream": False}).encode()
    made.add(
        record(0),
        record(
            1,
            request_body=refused,
            request_headers=[("x-driftgate-session", "session-one")],
            status=502,
            chunks=[],
            outcome=Outcome.UPSTREAM_REFUSED,
            error="local refused the connection",
        ),
        record(
            2,
            method="GET",
            target="/unknown?a=1",
            request_body=b"",
            request_headers=[],
            response_headers=[("Content-Encoding", "gzip"), ("Content-Type", "image/x")],
            chunks=[Chunk(1, gzip.compress(b"\xff\x00binary", mtime=0))],
        ),
    )
    return made

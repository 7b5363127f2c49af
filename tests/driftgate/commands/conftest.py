"""Calls made by hand, a server with canned answers, and a small real history."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import recorded_calls
from tests.support.recorded_calls import Canned, MakeCall, Recording


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
    return recorded_calls.small(tmp_path / "h.duckdb")

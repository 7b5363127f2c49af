"""A small real history."""

from pathlib import Path

import pytest

from tests.support.recorded_calls import Recording, small


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    """A history with three calls: a completed one, a refused one, one on an unknown path."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return small(tmp_path / "h.duckdb")

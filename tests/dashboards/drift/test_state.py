"""Where a run is."""

from pathlib import Path

import pytest

from driftgate.dashboards.drift.state import state
from driftgate.replay.run.hold import held


@pytest.mark.parametrize(
    ("kind", "verdict", "word", "tone", "open_"),
    [
        ("gate", "pass", "pass", "good", False),
        ("gate", "drift", "drift", "bad", False),
        ("gate", "could_not_check", "could not check", "warn", False),
        ("gate", None, "stopped", "warn", True),
        ("reference", None, "reference", "info", False),
    ],
)
def test_a_run_that_nobody_asks_for_is_what_it_decided(
    tmp_path: Path, kind: str, verdict: str | None, word: str, tone: str, open_: bool
) -> None:
    found = state(tmp_path / "h.duckdb", "0190", kind, verdict)
    assert (found.word, found.tone, found.open, found.running) == (word, tone, open_, False)


def test_a_run_that_somebody_asks_for_is_running(tmp_path: Path) -> None:
    history = tmp_path / "h.duckdb"
    with held(history, "0190"):
        assert state(history, "0190", "gate", None).running
        assert not state(history, "0191", "gate", None).running
    assert state(history, "0190", "gate", None).word == "stopped"

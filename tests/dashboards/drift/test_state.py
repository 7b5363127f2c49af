"""Where a run is."""

from pathlib import Path

import pytest

from driftgate.dashboards.drift.state import State, state
from driftgate.replay.run.hold import held


@pytest.mark.parametrize(
    ("kind", "verdict", "expected"),
    [
        ("gate", "pass", State("pass", "good")),
        ("gate", "drift", State("drift", "bad")),
        ("gate", "could_not_check", State("could not check", "warn")),
        ("gate", None, State("stopped", "warn", open=True)),
        ("reference", None, State("reference", "info")),
    ],
)
def test_a_run_that_nobody_asks_for_is_what_it_decided(
    tmp_path: Path, kind: str, verdict: str | None, expected: State
) -> None:
    assert state(tmp_path / "h.duckdb", "0190", kind, verdict) == expected


def test_a_run_that_somebody_asks_for_is_running(tmp_path: Path) -> None:
    history = tmp_path / "h.duckdb"
    with held(history, "0190"):
        assert state(history, "0190", "gate", None).running
        assert not state(history, "0191", "gate", None).running
    assert state(history, "0190", "gate", None).word == "stopped"

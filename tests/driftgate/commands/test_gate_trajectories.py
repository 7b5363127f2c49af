"""The options of trajectories."""

from pathlib import Path

import pytest

from driftgate import cli
from driftgate.commands import gate_run
from driftgate.commands.gate_asked import Asked
from driftgate.commands.gate_trajectories import Wanted
from driftgate.replay.decide.decision import Decision, GateVerdict
from driftgate.replay.report.report import Report
from tests.driftgate.commands.test_gate import HEALTH, RUN


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRIFTGATE_HISTORY", str(tmp_path / "h.duckdb"))
    (tmp_path / "h.duckdb").touch()
    return tmp_path


def test_they_reach_the_gate_as_they_were_given(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Asked] = []

    def ran(asked: Asked, *, quiet: bool) -> Report:
        seen.append(asked)
        assert quiet
        return Report(RUN, Decision(GateVerdict.DRIFT, "As it is.", HEALTH))

    monkeypatch.setattr(gate_run, "trajectories", ran)
    words = "--trajectories --workspace w --check-timeout 9 --sandbox read-only --agent a --quiet"
    assert cli.main(["gate", "--candidate", "c.toml", "--check", "make it", *words.split()]) == 1
    assert seen[0].wanted == Wanted(
        trajectories=True,
        workspace="w",
        check="make it",
        check_timeout_s=9.0,
        sandbox="read-only",
        agent="a",
    )


@pytest.mark.parametrize("option", ["--workspace", "--check", "--sandbox", "--agent"])
def test_they_say_nothing_without_being_asked_for(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["gate", "--candidate", "c.toml", option, "x"]) == 2
    assert f"{option} is for --trajectories" in capsys.readouterr().err

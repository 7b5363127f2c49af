"""Folders that runs work in."""

from pathlib import Path

import pytest

from driftgate.replay.run.hold import held
from driftgate.replay.run.room import room, room_of, sweep
from driftgate.replay.run.targets import CouldNotCheckError


def test_a_room_lies_beside_the_history_and_is_gone_behind_the_run(tmp_path: Path) -> None:
    history = tmp_path / "h.duckdb"
    with room(history, "r1") as own:
        assert own == tmp_path / "h.duckdb.replays/r1" == room_of(history, "r1")
        assert own.stat().st_mode & 0o777 == own.parent.stat().st_mode & 0o777 == 0o700
        (own / "copy").mkdir()
    assert list(tmp_path.glob("*.replays")) == []


def test_what_a_killed_run_left_is_taken_away_and_nothing_else(tmp_path: Path) -> None:
    history = tmp_path / "h.duckdb"
    dead, alive = room_of(history, "dead"), room_of(history, "alive")
    for folder in (dead, alive):
        (folder / "copy").mkdir(parents=True)
    with held(history, "alive"):
        sweep(history)
        assert not dead.exists()
        with held(history, "own"), room(history, "own"):
            assert alive.exists()
        assert (alive / "copy").exists()


def test_a_room_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "h.duckdb.replays").touch()
    with pytest.raises(CouldNotCheckError, match="no folder"), room(tmp_path / "h.duckdb", "r"):
        pass

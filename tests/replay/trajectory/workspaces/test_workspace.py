"""Fresh copies of a workspace."""

import os
from pathlib import Path

import pytest

from driftgate.proxy.errors import UsageError
from driftgate.replay.run.room import room_of
from driftgate.replay.trajectory.workspaces import workspace
from driftgate.replay.trajectory.workspaces.workspace import take


def test_a_copy_has_all_that_the_folder_had_when_the_run_began(tmp_path: Path) -> None:
    origin = tmp_path / "w"
    (origin / ".git").mkdir(parents=True)
    (origin / ".git/HEAD").write_text("ref")
    (origin / "run").write_text("#!/bin/sh\n")
    (origin / "run").chmod(0o755)
    (origin / "link").symlink_to("run")
    os.mkfifo(origin / "pipe")
    template = take(origin, tmp_path / "t")
    (origin / "run").write_text("changed since")
    copy = template.fresh(tmp_path / "c")
    assert (copy / "run").read_text() == "#!/bin/sh\n"
    assert os.access(copy / "run", os.X_OK)
    assert (copy / "link").readlink() == Path("run")
    assert (copy / ".git/HEAD").read_text() == "ref"
    assert not (copy / "pipe").exists()
    assert copy.stat().st_mode & 0o777 == 0o700


def test_no_folder_is_an_empty_one(tmp_path: Path) -> None:
    template = take(None, tmp_path / "run" / "t")
    assert list(template.fresh(tmp_path / "c").iterdir()) == []
    assert template.origin is None


def test_what_a_killed_sitting_left_is_taken_away_first(tmp_path: Path) -> None:
    (tmp_path / "t/old").mkdir(parents=True)
    assert list(take(None, tmp_path / "t").folder.iterdir()) == []


@pytest.mark.parametrize("name", ["/", "~", "nowhere", "file"])
def test_what_nobody_wants_to_copy_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    origin = (tmp_path / name).expanduser() if name != "~" else Path("~").expanduser()
    with pytest.raises(UsageError, match="--workspace"):
        take(origin, tmp_path / "t")


def test_a_folder_that_would_hold_its_own_copies_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds the history"):
        take(tmp_path, room_of(tmp_path / "h.duckdb", "run"))


def test_a_folder_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "w").mkdir()
    for number in range(3):
        (tmp_path / "w" / str(number)).touch()
    monkeypatch.setattr(workspace, "MOST_FILES", 2)
    with pytest.raises(UsageError, match="give a smaller folder"):
        take(tmp_path / "w", tmp_path / "t")

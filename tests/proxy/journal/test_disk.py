"""The disk under the journal."""

import os
from pathlib import Path

import pytest

from driftgate.proxy.journal.disk import space_problem, to_disk


def test_too_little_room_is_said_with_both_numbers(tmp_path: Path) -> None:
    assert space_problem(tmp_path, 0) is None
    assert (space_problem(tmp_path, 1 << 60) or "").endswith(f"{1 << 40} MB needed")


def test_a_folder_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    assert "No such file" in (space_problem(tmp_path / "gone", 0) or "")


def test_files_and_folders_are_both_synced_and_nothing_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    with (tmp_path / "a").open("wb") as file:
        to_disk([file.fileno()], [tmp_path])
    assert synced == [(tmp_path / "a").stat().st_ino, tmp_path.stat().st_ino]

"""Removing what commands of a model have left."""

import os
from pathlib import Path

from driftgate.proxy.agent.turns.removing import remove_tree


def nested(folder: Path, depth: int) -> None:
    """Folders in folders, deeper than a path may be long."""
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d" * 50, dir_fd=here)
        inner = os.open("d" * 50, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("file", os.O_CREAT, dir_fd=here))
    os.close(here)


def test_no_nesting_is_too_deep(tmp_path: Path) -> None:
    nested(tmp_path / "w", 1200)
    remove_tree(tmp_path / "w")
    assert list(tmp_path.iterdir()) == []


def test_rights_and_odd_files_are_no_obstacle(tmp_path: Path) -> None:
    room = tmp_path / "w"
    (room / "a/b").mkdir(parents=True)
    (room / "a/b/file").touch()
    os.mkfifo(room / "a/pipe")
    (room / os.fsdecode(b"\xff\n")).touch()
    (room / "a/b").chmod(0o000)
    (room / "a").chmod(0o500)
    room.chmod(0o000)
    remove_tree(room)
    assert list(tmp_path.iterdir()) == []


def test_links_are_removed_and_not_what_they_lead_to(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir(mode=0o500)
    (tmp_path / "kept-file").touch()
    (tmp_path / "w/a").mkdir(parents=True)
    (tmp_path / "w/a/folder").symlink_to(tmp_path / "kept")
    (tmp_path / "w/a/file").symlink_to(tmp_path / "kept-file")
    (tmp_path / "w/a/nowhere").symlink_to("nowhere")
    remove_tree(tmp_path / "w")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "kept-file"]
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o500


def test_what_is_no_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file").touch()
    for name in ("link", "file", "nowhere"):
        remove_tree(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link", "real"]


def test_what_cannot_be_removed_ends_nothing(tmp_path: Path) -> None:
    room = tmp_path / "w"
    room.mkdir()
    tmp_path.chmod(0o500)
    try:
        remove_tree(room)
    finally:
        tmp_path.chmod(0o700)

"""What is in a folder, and what has changed in it."""

import os
from pathlib import Path

import pytest

from driftgate.proxy.agent.turns.removing import remove_tree
from driftgate.replay.trajectory.workspaces import manifest as manifests
from driftgate.replay.trajectory.workspaces.manifest import (
    _ALL_DIFFS,
    _DIFF,
    changes,
    digest,
    manifest,
)
from driftgate.replay.trajectory.workspaces.workspace import take
from tests.proxy.agent.turns.test_removing import nested


def test_changes_are_told_with_their_diffs(tmp_path: Path) -> None:
    (tmp_path / "w/src").mkdir(parents=True)
    for name in ("same", "src/old.py", "gone"):
        (tmp_path / "w" / name).write_text("one\ntwo\n")
    template = take(tmp_path / "w", tmp_path / "t")
    copy = template.fresh(tmp_path / "c")
    (copy / "src/old.py").write_text("one\n2\n")
    (copy / "src/new.py").write_text("hello")
    (copy / "gone").unlink()
    found = {each.path: each for each in changes(template.known, template.folder, copy)}
    assert {path: each.kind for path, each in found.items()} == {
        "gone": "delete",
        "src/new.py": "add",
        "src/old.py": "update",
    }
    assert "-two\n+2" in found["src/old.py"].diff
    assert found["src/new.py"].diff.endswith("+hello")
    assert found["gone"].digest == ""
    assert found["src/new.py"].digest
    assert changes(template.known, template.folder, template.fresh(tmp_path / "c2")) == ()


def test_what_tools_leave_behind_is_no_change(tmp_path: Path) -> None:
    template = take(None, tmp_path / "t")
    copy = template.fresh(tmp_path / "c")
    for name in ("__pycache__", ".git", ".agents", "node_modules"):
        (copy / name).mkdir()
        (copy / name / "x").write_text("x")
    assert changes(template.known, template.folder, copy) == ()


def test_rights_links_and_odd_files_are_seen_and_nothing_is_followed(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w/a").write_text("x")
    template = take(tmp_path / "w", tmp_path / "t")
    copy = template.fresh(tmp_path / "c")
    (copy / "a").chmod(0o755)
    (copy / "up").symlink_to("..")
    (copy / "broken").symlink_to("/nowhere")
    os.mkfifo(copy / "pipe")
    (copy / "closed").mkdir(mode=0o000)
    (copy / "binary").write_bytes(b"\xff\x00")
    found = {each.path: each for each in changes(template.known, template.folder, copy)}
    assert set(found) == {"a", "up", "broken", "binary"}
    assert found["up"].digest == "link .."
    assert found["binary"].diff == ""
    (copy / "closed").chmod(0o700)


def test_diffs_are_cut_and_all_of_them_are_bounded(tmp_path: Path) -> None:
    template = take(None, tmp_path / "t")
    copy = template.fresh(tmp_path / "c")
    for number in range(20):
        (copy / f"f{number:02}").write_text("line\n" * 5_000)
    found = changes(template.known, template.folder, copy)
    assert max(len(each.diff) for each in found) == _DIFF
    assert sum(len(each.diff) for each in found) == _ALL_DIFFS
    assert found[-1].diff == ""
    assert found[-1].digest


def test_a_name_that_is_no_text_is_told_all_the_same(tmp_path: Path) -> None:
    template = take(None, tmp_path / "t")
    copy = template.fresh(tmp_path / "c")
    (copy / os.fsdecode(b"a\xff")).write_text("x")
    (found,) = changes(template.known, template.folder, copy)
    assert found.path.encode() == b"a?"


def test_the_same_files_have_the_same_digest(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text("x")
    one, other = manifest(tmp_path / "one"), manifest(tmp_path / "other")
    assert digest(one) == digest(other)
    (tmp_path / "other/a").write_text("y")
    assert digest(manifest(tmp_path / "other")) != digest(one)


def test_a_link_in_the_place_of_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/key").write_text("hush\n")
    (tmp_path / "w/sub").mkdir(parents=True)
    (tmp_path / "w/sub/key").write_text("public\n")
    template = take(tmp_path / "w", tmp_path / "t")
    copy = template.fresh(tmp_path / "c")
    (copy / "sub/key").unlink()
    (copy / "sub").rmdir()
    (copy / "sub").symlink_to(tmp_path / "secrets")
    found = {each.path: each for each in changes(template.known, template.folder, copy)}
    assert {path: each.kind for path, each in found.items()} == {"sub": "add", "sub/key": "delete"}
    assert found["sub/key"].diff.endswith("-public")


def test_no_nesting_and_no_size_holds_it_up(tmp_path: Path) -> None:
    template = take(None, tmp_path / "t")
    copy = template.fresh(tmp_path / "c")
    nested(copy / "a", 1200)
    (copy / "b").touch()
    os.truncate(copy / "b", 1 << 42)
    (copy / "c").write_text("x")
    found = {each.path: each for each in changes(template.known, template.folder, copy)}
    assert set(found) == {"b", "c"}
    assert found["b"].digest == f"- {1 << 42} bytes"
    remove_tree(copy)


def test_of_too_many_files_those_that_were_there_are_still_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "w/z").mkdir(parents=True)
    for name in ("same", "z/same", "z/changed", "z/gone"):
        (tmp_path / "w" / name).write_text("x")
    template = take(tmp_path / "w", tmp_path / "t")
    copy = template.fresh(tmp_path / "c")
    (copy / "z/changed").write_text("y")
    (copy / "z/gone").unlink()
    (copy / "a").mkdir()
    for number in range(10):
        (copy / f"a/{number}").touch()
    monkeypatch.setattr(manifests, "FILES", 5)
    found = {each.path: each.kind for each in changes(template.known, template.folder, copy)}
    assert found.pop("z/changed") == "update"
    assert found.pop("z/gone") == "delete"
    assert set(found.values()) == {"add"}

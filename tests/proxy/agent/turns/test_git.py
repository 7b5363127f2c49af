"""git for worktrees."""

import os
from pathlib import Path

import pytest

from driftgate.proxy.agent.turns.git import GitError, git
from tests.support.repository import make_repository


async def test_no_hook_of_the_repository_runs(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    await git(repository, "worktree", "add", "--detach", str(tmp_path / "tree"), "HEAD")
    assert (tmp_path / "tree" / "a.txt").read_text(encoding="utf-8") == "first\n"
    assert not (repository / "hook-ran").exists()


async def test_another_repository_in_the_environment_is_not_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = make_repository(tmp_path / "repository")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    await git(repository, "status")


async def test_what_git_says_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository") as error:
        await git(tmp_path, "worktree", "prune")
    assert "\n" not in str(error.value)


async def test_an_absent_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "defpath", str(tmp_path))
    with pytest.raises(GitError, match="git cannot be started"):
        await git(tmp_path, "status")

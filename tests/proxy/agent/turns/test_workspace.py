"""Directories of turns: made, given back, and cleared away after a killed host."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.agent.turns.git import git
from driftgate.proxy.agent.turns.workspace import Workspaces
from driftgate.proxy.settings.codex import Codex
from tests.support.processes import ROOT
from tests.support.repository import hold_checkouts, make_repository
from tests.support.waiting import wait_until_async


def made(
    folder: Path,
    directory: Literal["fresh", "named", "worktree"] = "fresh",
    path: Path | None = None,
) -> Workspaces:
    return Workspaces(Codex(model="m", directory=directory, path=path), folder / "turns")


def left(folder: Path) -> list[str]:
    """The names of all that is there but locks, deepest last."""
    return sorted(path.name for path in folder.rglob("*") if path.name != ".lock")


async def test_a_fresh_directory_is_empty_private_and_removed(tmp_path: Path) -> None:
    workspaces = made(tmp_path)
    async with workspaces.room() as room:
        assert list(room.iterdir()) == []
        assert room == room.resolve()
        assert room.stat().st_mode & 0o777 == 0o700
        (room / "locked").mkdir(mode=0)
        (room / "link").symlink_to(tmp_path)
    assert not room.exists()
    assert tmp_path.exists()
    workspaces.close()
    assert left(tmp_path / "turns") == []


async def test_turns_at_one_time_have_directories_of_their_own(tmp_path: Path) -> None:
    workspaces = made(tmp_path)
    async with workspaces.room() as one, workspaces.room() as other:
        assert one != other
    workspaces.close()


async def test_a_named_directory_stays(tmp_path: Path) -> None:
    named = tmp_path / "named"
    named.mkdir()
    async with made(tmp_path, "named", named).room() as room:
        (room / "made").touch()
    assert (named / "made").exists()


async def test_a_worktree_is_of_the_repository_and_is_removed(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    workspaces = made(tmp_path, "worktree", repository)
    async with workspaces.room() as room:
        (room / "a.txt").write_text("changed\n", encoding="utf-8")
        assert (room / ".git").is_file()
    assert not room.exists()
    assert (repository / "a.txt").read_text(encoding="utf-8") == "first\n"
    assert list((repository / ".git" / "worktrees").glob("*")) == []
    workspaces.close()


async def test_a_turn_that_is_left_while_its_worktree_is_made_leaves_none(tmp_path: Path) -> None:
    repository, go = make_repository(tmp_path / "repository"), tmp_path / "go"
    hold_checkouts(repository, go)
    known = repository / ".git" / "worktrees"
    workspaces = made(tmp_path, "worktree", repository)
    turn = asyncio.create_task(workspaces.room().__aenter__())
    await wait_until_async(lambda: list(known.glob("*/index.lock")), what="a checkout under way")
    turn.cancel()
    go.touch()
    with pytest.raises(asyncio.CancelledError):
        await turn
    assert list(known.glob("*")) == []
    workspaces.close()


async def test_worktrees_of_others_stay_known_and_what_a_killed_host_left_does_not(
    tmp_path: Path,
) -> None:
    repository, turns = make_repository(tmp_path / "repository"), tmp_path / "turns"
    for place in (tmp_path / "away", turns / "killed" / "room"):  # both are not there just now
        await git(repository, "worktree", "add", "--detach", str(place), "HEAD")
        shutil.rmtree(place)
    await git(repository, "worktree", "lock", str(turns / "killed" / "room"))
    workspaces = made(tmp_path, "worktree", repository)
    async with workspaces.room():
        pass
    await workspaces.sweep()
    workspaces.close()
    assert [path.name for path in (repository / ".git" / "worktrees").iterdir()] == ["away"]


async def test_many_worktrees_are_made_at_one_time(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    workspaces = made(tmp_path, "worktree", repository)

    async def use() -> bool:
        async with workspaces.room() as room:
            return (room / "a.txt").exists()

    assert await asyncio.gather(*(use() for _ in range(8))) == [True] * 8
    workspaces.close()


async def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    cases = [made(tmp_path, "named", absent), made(tmp_path, "worktree", absent)]
    cases += [made(tmp_path, "worktree", tmp_path)]
    file_there = made(tmp_path / "other")
    (tmp_path / "other").touch()
    for workspaces in (*cases, file_there):
        with pytest.raises(AgentError) as failure:
            async with workspaces.room():
                pass
        assert (failure.value.error.code, failure.value.error.status) == ("workspace_failed", 500)


_HOST = """
import asyncio, sys
from pathlib import Path
from driftgate.proxy.agent.turns.workspace import Workspaces
from driftgate.proxy.settings.codex import Codex

async def main():
    async with Workspaces(Codex(model="m"), Path(sys.argv[1])).room() as room:
        (room / "work").touch()
        print("made", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has made a directory for a turn and works in it."""
    command = [sys.executable, "-c", _HOST, str(tmp_path / "turns")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline() == b"made\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


async def test_what_a_killed_host_left_is_removed_and_nothing_else(
    tmp_path: Path, host: subprocess.Popen[bytes]
) -> None:
    folder = tmp_path / "turns"
    (folder / "strange").mkdir()
    workspaces = made(tmp_path)
    async with workspaces.room() as room:
        await workspaces.sweep()
        assert "work" in left(folder)
        host.kill()
        host.wait()
        await workspaces.sweep()
        assert "work" not in left(folder)
        assert room.exists()
    workspaces.close()
    assert left(folder) == ["strange"]


async def test_nothing_is_left_where_nothing_was(tmp_path: Path) -> None:
    await made(tmp_path).sweep()
    assert list(tmp_path.iterdir()) == []

"""The directory that a turn works in: an empty one, a named one, or a git worktree.

What is made for a turn is removed behind it. A killed host leaves its folder behind; the next one
removes it, which it knows by the folder's lock: the kernel frees that with the process.
"""

import asyncio
import fcntl
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from driftgate.proxy.agent.failures import workspace
from driftgate.proxy.agent.turns.git import GitError, git
from driftgate.proxy.agent.turns.removing import remove_tree
from driftgate.proxy.agent.turns.surely import surely
from driftgate.proxy.settings.codex import Codex

_LOCK = ".lock"
_PRIVATE = 0o700


class Workspaces:
    """The directories of one agent's turns. codex: its settings. folder: where they are made."""

    def __init__(self, codex: Codex, folder: Path) -> None:
        self._codex = codex
        self._folder = folder
        self._own: Path | None = None
        self._lock = -1
        self._one_git = (
            asyncio.Lock()
        )  # git reads all worktrees for each, and fails at half-made ones

    @asynccontextmanager
    async def room(self) -> AsyncIterator[Path]:
        """A directory for one turn, removed at the end unless it is a named one.

        Raises:
            AgentError: it cannot be made; `workspace_failed`.
        """
        if self._codex.directory == "named":
            yield self._named()
            return
        room = await self._make()
        try:
            yield room
        finally:
            await surely(self._remove(room))

    async def sweep(self) -> None:
        """Remove what killed processes have left in the folder."""
        await asyncio.to_thread(_sweep, self._folder)
        if self._codex.directory == "worktree" and self._codex.path is not None:
            with suppress(GitError):
                known = await git(self._codex.path, "worktree", "list", "--porcelain")
                for room in _worktrees(known, self._folder):
                    if not room.exists():
                        await self._forget(room)

    def close(self) -> None:
        """Remove the folder of this process; no turn may run."""
        if self._own is not None:
            remove_tree(self._own)
            os.close(self._lock)
            self._own = None

    def _named(self) -> Path:
        path = self._codex.path
        if path is None or not path.is_dir():
            raise workspace(f"{path} is no directory (setting codex.path)")
        return path.resolve()

    async def _make(self) -> Path:
        room = self._private() / uuid.uuid4().hex
        making = asyncio.ensure_future(self._made(room))
        try:
            await asyncio.shield(making)
        except BaseException as error:
            await surely(self._unmake(room, making))
            if isinstance(error, OSError):
                raise workspace(f"{room}: {error.strerror or error}") from None
            if isinstance(error, GitError):
                raise workspace(f"no worktree of {self._codex.path}: {error}") from None
            raise
        return room

    async def _made(self, room: Path) -> None:
        if self._codex.directory == "fresh":
            await asyncio.to_thread(room.mkdir, _PRIVATE)
        else:
            await self._add_worktree(room)

    async def _unmake(self, room: Path, making: "asyncio.Task[None]") -> None:
        """A git that is stopped halfway leaves what no git removes: it is waited for."""
        await asyncio.wait({making})
        await self._remove(room)

    async def _add_worktree(self, room: Path) -> None:
        path = self._codex.path
        if path is None or not path.is_dir():
            raise workspace(f"{path} is no directory (setting codex.path)")
        words = ("add", "--detach", "--force", "--no-checkout", str(room), "HEAD")
        async with self._one_git:
            await git(path, "worktree", *words)
        await git(room, "reset", "--hard", "--quiet")

    async def _remove(self, room: Path) -> None:
        await asyncio.to_thread(remove_tree, room)
        if self._codex.directory == "worktree":
            await self._forget(room)

    async def _forget(self, room: Path) -> None:
        """Has the repository forget this worktree alone: others may lie on a disk that is away just now.

        Twice `--force`: git locks one that it makes, for good where it is stopped meanwhile.
        """
        if self._codex.path is not None:
            words = ("remove", "--force", "--force", str(room))
            async with self._one_git:
                with suppress(GitError):
                    await git(self._codex.path, "worktree", *words)

    def _private(self) -> Path:
        """This process's own folder, locked as long as it lives."""
        if self._own is None:
            try:
                for folder in (self._folder.parent, self._folder):
                    folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
                own = self._folder.resolve() / uuid.uuid4().hex
                with _locked(self._folder):
                    own.mkdir(mode=_PRIVATE)
                    self._lock = os.open(own / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
                    fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise workspace(f"{self._folder}: {error.strerror or error}") from None
            self._own = own
        return self._own


def _sweep(folder: Path) -> None:
    left: list[Path] = []
    with suppress(OSError), _locked(folder):
        left = [own for own in folder.iterdir() if _is_left(own)]
    for own in left:
        remove_tree(own)


def _worktrees(listed: bytes, folder: Path) -> list[Path]:
    """Those of git's list that lie in the folder."""
    words = (each.partition(b" ") for each in listed.splitlines())
    known = [Path(os.fsdecode(path)) for word, _, path in words if word == b"worktree"]
    return [path for path in known if path.is_relative_to(folder.resolve())]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Whoever makes or judges a folder in it does so alone; held for microseconds."""
    lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _is_left(own: Path) -> bool:
    """Whether nobody holds the lock of this folder; one without a lock is not ours to remove."""
    try:
        lock = os.open(own / _LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True

"""Which workspace each task begins in: a folder that was given, or that in which it worked then."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from driftgate.proxy.errors import UsageError
from driftgate.proxy.settings.codex import Codex
from driftgate.replay.trajectory.task import Task
from driftgate.replay.trajectory.workspaces.workspace import Template, take

RECORDED, EMPTY = "recorded", "empty"


class Templates:
    """The templates of a run's tasks, each copied once. Reads and copies files.

    Args:
        workspace: a folder, `recorded` or `empty`.
        folder: where the templates lie.
    """

    def __init__(self, workspace: str, folder: Path) -> None:
        self._workspace, self._folder = workspace, folder
        self._taken: dict[Path | None, Template] = {}

    def prepare(self, tasks: Sequence[Task], agents: Mapping[str, Codex]) -> None:
        """Copies what all these tasks begin in.

        Raises:
            UsageError: of a task it is not known, or is not there any more.
        """
        for task in tasks:
            origin = self.origin(task, agents)
            if origin not in self._taken:
                into = self._folder / f"template-{len(self._taken)}"
                self._taken[origin] = take(origin, into)

    def of(self, task: Task, agents: Mapping[str, Codex]) -> Template:
        """The template of a task that was prepared."""
        return self._taken[self.origin(task, agents)]

    @property
    def digest(self) -> str:
        """Of all that was copied: the same folders with the same content, the same digest."""
        each = sorted(f"{origin}\0{made.digest}" for origin, made in self._taken.items())
        return hashlib.blake2b("\n".join(each).encode(), digest_size=16).hexdigest()

    def origin(self, task: Task, agents: Mapping[str, Codex]) -> Path | None:
        """The folder that a task begins in; None: an empty one."""
        if self._workspace == EMPTY:
            return None
        if self._workspace != RECORDED:
            return Path(self._workspace).expanduser().absolute()
        if task.agent is not None:
            codex = agents.get(task.agent)
            return None if codex is None else codex.path
        if task.cwd is None or not Path(task.cwd).is_absolute():
            raise UsageError(
                f"the thread of call {task.call_id} does not say where it worked: give a folder, or "
                "`empty`, with --workspace"
            )
        if not Path(task.cwd).is_dir():
            raise UsageError(
                f"the thread of call {task.call_id} worked in {task.cwd[:200]!r}, which is not there: give "
                "a folder, or `empty`, with --workspace"
            )
        return Path(task.cwd)

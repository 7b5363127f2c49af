"""One trajectory: a fresh copy, a thread of Codex, the task's prompts in order, and how the copy was left."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from driftgate.proxy.agent.codex.app_server import AppServer
from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.agent.origin import Origin
from driftgate.proxy.agent.steps import Ended, Step
from driftgate.proxy.agent.turns.removing import remove_tree
from driftgate.proxy.agent.turns.thread import Thread
from driftgate.proxy.settings.codex import Codex
from driftgate.replay.compare.told import told
from driftgate.replay.trajectory.task import Prompt, Task
from driftgate.replay.trajectory.trajectory import COMPLETED, Change, Check, Trajectory, Turn
from driftgate.replay.trajectory.turning import Turning
from driftgate.replay.trajectory.workspaces.check import Checker, judged
from driftgate.replay.trajectory.workspaces.manifest import changes
from driftgate.replay.trajectory.workspaces.workspace import Template, places_of

_ERROR = 300  # characters


class Pool(Protocol):
    """As `driftgate.proxy.agent.codex.pool.AgentPool`."""

    def server(self) -> AbstractAsyncContextManager[AppServer]:
        """A lease of a server."""


class Record(Protocol):
    """As `driftgate.proxy.agent.recording.TurnRecord`, once its turn has begun."""

    def step(self, step: Step) -> None:
        """Something happened."""

    def close(self) -> None:
        """Nothing more comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What an arm has for a task. base_url: of the model's server, at the arm's own proxy.

    record: makes what a turn is recorded with, by its number, prompt and the thread's id.
    """

    pool: Pool
    codex: Codex
    base_url: str
    checker: Checker | None
    record: Callable[[Origin, Prompt, str], Record]


async def play(
    stand: Stand, task: Task, template: Template, copy: Path, origin: Origin
) -> Trajectory:
    """The trajectory. What fails is told in it; only cancellation ends it early, and leaves nothing.

    Args:
        stand: the arm's.
        task: what is asked.
        template: of the workspace.
        copy: where the fresh copy is made; removed behind it.
        origin: the trajectory, as its model calls name it.
    """
    try:
        await asyncio.to_thread(template.fresh, copy)
        player = _Player(stand, task, template, copy, origin)
        return await player.whole()
    except OSError as error:
        return Trajectory(
            len(task.prompts), failure=told(f"no copy of the workspace: {error}", _ERROR)
        )
    finally:
        await asyncio.shield(asyncio.to_thread(remove_tree, copy))


class _Player:
    def __init__(
        self, stand: Stand, task: Task, template: Template, copy: Path, origin: Origin
    ) -> None:
        self._stand, self._task, self._template = stand, task, template
        self._copy, self._origin = copy, origin
        self._places = places_of(copy)
        self._turns: list[Turn] = []

    async def whole(self) -> Trajectory:
        prompts = len(self._task.prompts)
        try:
            async with self._stand.pool.server() as server:
                await self._talk(server)
        except AgentError as error:
            why, code = told(error.error.message, _ERROR), error.error.code
            return Trajectory(prompts, tuple(self._turns), failure=why, code=code)
        left = await self._left()
        made = Trajectory(prompts, tuple(self._turns), left)
        if made.failed is not None:
            return made
        return Trajectory(prompts, tuple(self._turns), left, await self._check())

    async def _talk(self, server: AppServer) -> None:
        stand, task = self._stand, self._task
        thread = await Thread.open(
            server,
            stand.codex,
            self._copy,
            self._origin.provider(stand.base_url),
            instructions=task.instructions,
            history=[dict(each) for each in task.history],
        )
        try:
            for number, prompt in enumerate(task.prompts, 1):
                turn = await self._turn(thread, prompt, number)
                self._turns.append(turn)
                if turn.status != COMPLETED:
                    break
        finally:
            await thread.close()

    async def _turn(self, thread: Thread, prompt: Prompt, number: int) -> Turn:
        here = prompt.moved(self._task.cwd, self._copy)
        origin = Origin(
            self._origin.call_id, number, self._origin.authorization, self._origin.replayed
        )
        record = self._stand.record(origin, here, thread.thread_id)
        turning, began = Turning(prompt.text, self._places), time.monotonic()
        ended = Ended("interrupted")
        try:
            async with aclosing(
                thread.run([dict(each) for each in here.input], here.schema)
            ) as steps:
                async for step in steps:
                    record.step(step)
                    turning.feed(step)
                    if isinstance(step, Ended):
                        ended = step
        finally:
            record.close()
        return turning.turn(ended, (time.monotonic() - began) * 1000)

    async def _left(self) -> tuple[Change, ...] | None:
        """How the copy was left; None: it cannot be read."""
        known, folder = self._template.known, self._template.folder
        try:
            return await asyncio.to_thread(changes, known, folder, self._copy)
        except OSError:
            return None

    async def _check(self) -> Check | None:
        checker = self._stand.checker
        return None if checker is None else await judged(checker, self._copy, self._template)

"""Runs what a client asked as one turn: a process, a directory, a thread, and all of them given back."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.codex.exec_turn import exec_turn
from driftgate.proxy.agent.codex.pool import AgentPool
from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.agent.origin import Origin
from driftgate.proxy.agent.steps import Ended, Item, Kind, Step
from driftgate.proxy.agent.turns.surely import surely
from driftgate.proxy.agent.turns.thread import Thread
from driftgate.proxy.agent.turns.workspace import Workspaces
from driftgate.proxy.settings.codex import Codex

Json = dict[str, Any]


class Runner:
    """Runs the turns of one agent.

    codex: its settings. pool: its processes. base_url: where Codex sends its model calls, this proxy's.
    folder: where turns get their directories; of this agent alone.
    """

    def __init__(self, codex: Codex, pool: AgentPool, base_url: str, folder: Path) -> None:
        self._codex = codex
        self._pool = pool
        self._base_url = base_url
        self._workspaces = Workspaces(codex, folder)
        self._sweeping: asyncio.Task[None] | None = None

    async def run(self, asked: Asked, origin: Origin) -> AsyncGenerator[Step, None]:
        """The steps of the turn; the last is Ended, and a turn that fails raises nothing.

        The caller closes this generator (`aclose`) when the client leaves: that interrupts the turn.
        """
        self._sweep()
        for name in asked.ignored:
            yield Item(kind=Kind.IGNORED, item=f"ignored/{name}", title=name, status="ignored")
        ended = False
        try:
            provider = origin.provider(self._base_url)
            run = self._pooled if self._codex.isolation == "pool" else self._alone
            async with aclosing(run(asked, provider)) as steps:
                async for step in steps:
                    ended = isinstance(step, Ended)
                    yield step
        except AgentError as failure:
            if not ended:
                yield Ended("failed", failure.error)

    async def close(self) -> None:
        """Remove what was made for turns; none may run."""
        if self._sweeping is not None:
            await asyncio.wait({self._sweeping})
        await asyncio.to_thread(self._workspaces.close)

    async def _pooled(self, asked: Asked, provider: Json) -> AsyncGenerator[Step, None]:
        for attempt in (1, 2):
            async with self._pool.server() as server, self._workspaces.room() as cwd:
                try:
                    thread = await Thread.open(
                        server,
                        self._codex,
                        cwd,
                        provider,
                        instructions=asked.instructions,
                        history=asked.history,
                    )
                except AgentError as failure:
                    if attempt == 1 and failure.error.code == "codex_died":
                        continue  # it was gone before it was asked for anything: another one
                    raise
                try:
                    async with aclosing(thread.run(asked.input, asked.schema)) as steps:
                        async for step in steps:
                            yield step
                finally:
                    await thread.close()
                return

    async def _alone(self, asked: Asked, provider: Json) -> AsyncGenerator[Step, None]:
        """In a process of its own, that ends with the turn."""
        pool = self._pool
        async with pool.slot(), self._workspaces.room() as cwd:
            steps = exec_turn(
                pool.program,
                self._codex,
                pool.home,
                environment=pool.environment,
                cwd=cwd,
                provider=provider,
                asked=asked,
            )
            async with aclosing(steps):
                async for step in steps:
                    yield step

    def _sweep(self) -> None:
        """Once, behind the first turn's back: what a killed host has left."""
        if self._sweeping is None:
            self._sweeping = asyncio.ensure_future(surely(self._workspaces.sweep()))

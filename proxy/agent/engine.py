"""What runs an agent's turns: found and set up at its first use, and again as long as that fails."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.agent.origin import Origin
from driftgate.proxy.agent.steps import Step, TurnError


class Runs(Protocol):
    """Runs turns."""

    def run(self, asked: Asked, origin: Origin) -> AsyncGenerator[Step, None]:
        """One turn. Leaving the iterator interrupts it; how it failed is its last step."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Codex, ready for turns. version: of Codex.

    status: of its processes, as JSON values. close: ends them.
    """

    runs: Runs
    version: str
    status: Callable[[], Any]
    close: Callable[[], Awaitable[None]]


Start = Callable[[], Awaitable[Engine]]


class Starter:
    """Has the engine started once, for all who ask. engine: None until it is. error: why it is not.

    start: raises AgentError where there is no Codex that can be used.
    """

    def __init__(self, start: Start) -> None:
        self.engine: Engine | None = None
        self.error: TurnError | None = None
        self._start = start
        self._starting: asyncio.Task[Engine] | None = None

    async def ready(self) -> Engine:
        """The engine. Who leaves meanwhile does not stop the start: others wait for it too.

        Raises:
            AgentError: it cannot be started; the next one who asks has it tried again.
        """
        if self.engine is not None:
            return self.engine
        if self._starting is None:
            self._starting = asyncio.create_task(self._started())
            self._starting.add_done_callback(self._over)
        return await asyncio.shield(self._starting)

    async def close(self) -> None:
        """Ends what was started, and what is being started."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait({self._starting})
        if self.engine is not None:
            await self.engine.close()

    async def _started(self) -> Engine:
        try:
            self.engine = await self._start()
        except AgentError as error:
            self.error = error.error
            raise
        self.error = None
        return self.engine

    def _over(self, task: asyncio.Task[Engine]) -> None:
        self._starting = None
        if not task.cancelled():
            task.exception()  # those who waited have it; if all have left, it is no fault

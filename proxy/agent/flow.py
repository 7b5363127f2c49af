"""The steps of a running turn, for whoever tells a client of them: at its own pace, and never without an end."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator

from driftgate.proxy.agent.steps import Ended, ModelCall, Step, TurnError, Usage
from driftgate.proxy.call import about
from driftgate.proxy.errors import Fault

log = logging.getLogger("driftgate")

DEPTH = 64  # steps that may wait; then the turn's own reading stands still
_BROKEN = TurnError(
    "internal_error",
    "the turn failed inside driftgate; its log says how, and the fault is worth a report",
    Fault.DRIFTGATE,
    500,
)


class Flow:
    """Runs a turn in a task of its own. To be closed, best in a `finally`.

    steps: of the turn; leaving them interrupts it.
    call_id: of the outer call.
    """

    def __init__(self, steps: AsyncGenerator[Step, None], call_id: str = "") -> None:
        self._call_id = call_id
        self._queue: asyncio.Queue[Step] = asyncio.Queue(DEPTH)
        self._usage, self._model_calls = Usage(), 0
        self._why: TurnError | None = None
        self._task = asyncio.create_task(self._run(steps))

    async def next(self, within_s: float | None) -> list[Step]:
        """What has come and was not told yet; empty: nothing within that time. None: no limit.

        The last step of all is an Ended, whatever happens.
        """
        found: list[Step] = []
        if self._queue.empty():
            try:
                async with asyncio.timeout(within_s):
                    found.append(await self._queue.get())
            except TimeoutError:
                return []
        while not self._queue.empty():
            found.append(self._queue.get_nowait())
        return found

    def cut(self, why: TurnError) -> None:
        """Ends the turn with this error. Nothing where it has ended already."""
        if self._why is None and not self._task.done():
            self._why = why
            self._task.cancel()

    async def close(self) -> None:
        """Interrupts the turn, unless it has ended; returns when that is done."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self, steps: AsyncGenerator[Step, None]) -> None:
        try:
            ended = await self._told(steps)
        except asyncio.CancelledError:
            if self._why is None:
                raise
            ended = self._end("interrupted", self._why)
        except Exception:
            log.exception("a turn failed inside driftgate", extra=about(self._call_id))
            ended = self._end("failed", _BROKEN)
        await self._queue.put(ended)

    async def _told(self, steps: AsyncGenerator[Step, None]) -> Ended:
        async with contextlib.aclosing(steps):
            async for step in steps:
                if isinstance(step, Ended):
                    return step
                if isinstance(step, ModelCall):
                    self._usage += step.usage
                    self._model_calls += 1
                await self._queue.put(step)
        return self._end("failed", _BROKEN)

    def _end(self, status: str, why: TurnError) -> Ended:
        return Ended(status, why, self._usage, self._model_calls)

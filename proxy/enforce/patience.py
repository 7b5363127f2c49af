"""Keeps a streaming client patient while its answer is held back.

At first its head is held back too: as long as nothing is sent, an error can still have a status of
its own, and the Codex CLI's idle timer does not run before the head (it waits 300 s between
events, and a comment is no event to it). Then the stream begins, with typed keep-alive events.
"""

import asyncio

from driftgate.proxy.dialects.writing.write import Written, content_type, keep_alive
from driftgate.proxy.enforce.out import Out


class Patience:
    """Runs beside the attempts. hold_head_s, keep_alive_s: seconds, as in the settings."""

    def __init__(
        self, out: Out, dialect: str, ask: Written, hold_head_s: float, keep_alive_s: float
    ) -> None:
        self._out, self._dialect, self._ask = out, dialect, ask
        self._hold_head_s, self._keep_alive_s = hold_head_s, keep_alive_s
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """From now on it counts."""
        self._task = asyncio.create_task(self._run())

    async def end(self) -> None:
        """Says nothing any more. To be called before anything else is sent, and at the end.

        Raises:
            ConnectionError: the client has left.
        """
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.wait({task})  # awaiting it would take our own cancellation for its
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error

    async def _run(self) -> None:
        await asyncio.sleep(self._hold_head_s)
        kind = content_type(self._dialect, stream=True).encode()
        self._out.head(200, [(b"Content-Type", kind), (b"Cache-Control", b"no-cache")])
        while True:
            await self._out.write(keep_alive(self._dialect, self._ask))
            await asyncio.sleep(self._keep_alive_s)

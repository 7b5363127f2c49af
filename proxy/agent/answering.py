"""One turn on its way to its client: each step is recorded, then told in the client's dialect.

Nothing is sent before there is something to show, so that a turn that fails early gets a status of its
own. A stream that has nothing to show for `hold_head_s` begins with keep-alive events nevertheless.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.dialects.write import Writer, error_body
from driftgate.proxy.agent.flow import Flow
from driftgate.proxy.agent.recording import TurnRecord
from driftgate.proxy.agent.steps import Step, TurnError

OURS = {"Server": "driftgate"}  # aiohttp would name itself
_JSON = {"Content-Type": "application/json", **OURS}
_LATER = {429: "5", 503: "1"}  # seconds after which asking again makes sense


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. hold_head: until a silent stream begins. keep_alive: between two signs of life.

    write: how long a client may take none of what is sent to it.
    """

    hold_head: float
    keep_alive: float
    write: float


class Answering:
    """Tells one client of one turn. done: what to do with an answer that is whole, before its end is sent."""

    def __init__(
        self,
        request: web.BaseRequest,
        asked: Asked,
        writer: Writer,
        record: TurnRecord,
        *,
        patience: Patience,
        done: Callable[[Writer], None],
    ) -> None:
        self._request, self._asked, self._writer = request, asked, writer
        self._record, self._patience, self._done = record, patience, done
        self._response: web.StreamResponse | None = None

    async def run(self, flow: Flow) -> web.StreamResponse:
        """To the answer's end.

        Raises:
            ConnectionError: the client has left, or takes nothing any more.
        """
        while True:
            steps = await flow.next(self._limit())
            wire = self._told(steps) if steps else self._writer.keep_alive()
            if self._writer.ended is not None:
                return await self._end(wire)
            if self._asked.stream and wire:
                await self._write(wire)

    def _limit(self) -> float | None:
        if not self._asked.stream:
            return None
        return self._patience.keep_alive if self._writer.begun else self._patience.hold_head

    def _told(self, steps: Sequence[Step]) -> bytes:
        return b"".join([self._one(step) for step in steps])

    def _one(self, step: Step) -> bytes:
        self._record.step(step)
        return self._writer.feed(step)

    async def _end(self, wire: bytes) -> web.StreamResponse:
        error = self._writer.error
        if error is not None and self._response is None:
            return refused(error)
        if error is None:
            self._done(self._writer)
        if not self._asked.stream:
            return web.Response(body=self._writer.body(), headers=_JSON)
        await self._write(wire)
        assert self._response is not None
        await self._response.write_eof()
        return self._response

    async def _write(self, wire: bytes) -> None:
        if self._response is None:
            about = {"Content-Type": self._writer.content_type, "Cache-Control": "no-cache"}
            self._response = web.StreamResponse(headers={**about, **OURS})
            await self._response.prepare(self._request)
        try:
            async with asyncio.timeout(self._patience.write):
                await self._response.write(wire)
        except TimeoutError:
            raise ConnectionError("the client takes nothing any more") from None


def refused(error: TurnError) -> web.Response:
    """The answer where no turn has run, or none that had anything to show."""
    later = {"Retry-After": _LATER[error.status]} if error.status in _LATER else {}
    body = error_body(error)
    return web.Response(status=error.status, body=body, headers={**_JSON, **later})

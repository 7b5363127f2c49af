"""The server that plays recorded answers.

Status, header and body leave as they were recorded, each chunk as one; beside it
`x-driftgate-replay-of` names the call. What belongs to one connection is made anew: how a body
without a length is framed, and whether the connection is kept. Trailers are not sent.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from enum import StrEnum

from aiohttp import hdrs, web
from multidict import CIMultiDict

from driftgate.proxy import failures
from driftgate.proxy.dialects.describe import DECODE_LIMIT
from driftgate.proxy.errors import CallError, HistoryError, NotFoundError
from driftgate.replay.play import refusal
from driftgate.replay.play.catalogue import catalogue
from driftgate.replay.play.library import Library, Near
from driftgate.replay.play.match import Entry, Question
from driftgate.replay.play.playback import OF_HEADER, Playback, UnplayableError

MOST_BYTES = DECODE_LIMIT  # of a request
_BIG = 1 << 20  # bytes: to read a larger request would hold up other clients
_ADDED = (hdrs.DATE, hdrs.SERVER, hdrs.CONTENT_TYPE)  # by the library, where they are not given
_GRACE_S = 0.5

log = logging.getLogger("driftgate")
# what is no HTTP is answered with 400; the library would write a traceback beside
_quiet = logging.getLogger("driftgate.replay.play.http")
_quiet.setLevel(logging.CRITICAL + 1)

Say = Callable[[str], None]


class Timing(StrEnum):
    """When chunks leave: at once, or as long after the request as they did when recorded."""

    NONE = "none"
    RECORDED = "recorded"


class Player:
    """Answers every request out of a library.

    Args:
        library: what is played.
        timing: when chunks leave.
        say: is told each request that nothing was played for, one line.
    """

    def __init__(self, library: Library, timing: Timing, say: Say) -> None:
        self._library = library
        self._timing = timing
        self._say = say

    def application(self) -> web.Application:
        """The application; it serves any path."""
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_route("*", "/{path:.*}", self.handle)
        app.on_response_prepare.append(_as_given)
        return app

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        begun = asyncio.get_running_loop().time()
        try:
            found = await self._found(request)
        except web.HTTPRequestEntityTooLarge:
            return self._refuse(request, refusal.too_large(MOST_BYTES))
        except (HistoryError, NotFoundError, UnplayableError) as error:
            return self._refuse(request, refusal.unreadable(str(error)))
        except (ConnectionError, web.HTTPException):
            raise
        except Exception as error:
            log.exception("a request failed inside driftgate")
            return self._refuse(request, failures.own_fault(error))
        if isinstance(found, Playback):
            return await self._play(request, found, begun)
        return found

    async def _found(self, request: web.Request) -> Playback | web.Response:
        asked, entry = await self._ask(request)
        if entry is None:
            return await self._unmatched(request, asked)
        return await asyncio.to_thread(self._library.playback, entry)

    async def _ask(self, request: web.Request) -> tuple[Question, Entry | None]:
        body = await request.read()
        coding = ", ".join(request.headers.getall(hdrs.CONTENT_ENCODING, []))
        words = (request.method, request.raw_path, body, coding)
        if len(body) > _BIG or coding:
            return await asyncio.to_thread(self._library.ask, *words)
        return self._library.ask(*words)

    async def _unmatched(self, request: web.Request, asked: Question) -> web.Response:
        if request.headers.get(hdrs.UPGRADE, "").lower() == "websocket":
            response = self._refuse(request, refusal.no_websocket())
            response.headers[hdrs.UPGRADE] = "HTTP/1.1"
            return response
        made = catalogue(asked.method, asked.path, self._library.models)
        if made is not None:
            return web.Response(body=made, content_type="application/json")
        near = await asyncio.to_thread(self._library.near, asked)
        return self._refuse(request, refusal.unmatched(asked.method, asked.path, near), near)

    def _refuse(
        self, request: web.Request, error: CallError, near: Sequence[Near] = ()
    ) -> web.Response:
        self._say(error.message.removeprefix("driftgate: "))
        named = {refusal.NEAREST_HEADER: near[0].call_id} if near else {}
        return web.Response(
            status=error.status,
            body=refusal.body(request.raw_path, error, near),
            content_type="application/json",
            headers=named,
        )

    async def _play(
        self, request: web.Request, playback: Playback, begun: float
    ) -> web.StreamResponse:
        headers = CIMultiDict(playback.headers)
        request[_GIVEN] = frozenset(name.lower() for name in headers)
        headers[OF_HEADER] = playback.call_id
        response = web.StreamResponse(status=playback.status, headers=headers)
        first = playback.chunks[0][0] if playback.chunks else playback.ended_ns
        await self._until(begun, first)
        await response.prepare(request)
        for offset_ns, data in playback.chunks if request.method != "HEAD" else ():
            await self._until(begun, offset_ns)
            await response.write(data)
        if playback.broken and request.transport is not None:
            request.transport.close()  # sends what waits, and then no end of the body
        else:
            await response.write_eof()
        return response

    async def _until(self, begun: float, offset_ns: int) -> None:
        if self._timing is Timing.RECORDED:
            left = begun + offset_ns / 1e9 - asyncio.get_running_loop().time()
            if left > 0:
                await asyncio.sleep(left)


_GIVEN = web.RequestKey("given", frozenset[str])


async def _as_given(request: web.Request, response: web.StreamResponse) -> None:
    """Takes out of a played answer what the library adds to every answer."""
    if _GIVEN not in request:
        return
    for name in _ADDED:
        if name.lower() not in request[_GIVEN]:
            response.headers.popall(name, None)


async def start(player: Player, bound: socket.socket) -> web.AppRunner:
    """Begin to serve on a bound socket; `cleanup()` of what is returned ends it."""
    runner = web.AppRunner(
        player.application(),
        access_log=None,
        logger=_quiet,
        handler_cancellation=True,
        auto_decompress=False,
        max_line_size=1 << 16,
        max_field_size=1 << 20,
        shutdown_timeout=_GRACE_S,
    )
    await runner.setup()
    await web.SockSite(runner, bound).start()
    return runner

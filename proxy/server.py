"""The server: aiohttp in front of the gateway, set up so that bodies and headers come raw.

The agents' host listens with it as well.
"""

import asyncio
import contextlib
import logging
import socket
from typing import Protocol

from aiohttp import web

from driftgate.proxy import failures
from driftgate.proxy.dialects import error_body
from driftgate.proxy.loopback import reached_at, url_at

log = logging.getLogger("driftgate")

BACKLOG = 1024
HEADERS = 1024  # fields of one request; aiohttp's own limit is 128
CUT_S = 0.05  # at the very end; aiohttp takes 0 for "no limit"
LINGER_S = 1.0  # how long the rest of a refused body is read, so that the client sees the answer
KEEP_ALIVE_S = 3600.0  # the client decides when an idle connection ends, as if it were direct


class Handles(Protocol):
    """What requests are given to: the gateway."""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Takes one to its end."""


class Handler(web.RequestHandler):
    """One client connection. What is no HTTP is answered in one line, not with a traceback."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to a request that could not be read; it never became a call."""
        what = " ".join((message or str(exc) or "malformed").split())
        log.debug("a request of %s cannot be read: %s", request.remote, what)
        error = failures.client_invalid(f"it is no valid HTTP ({what[:200]})")
        response = web.Response(
            status=max(status, 400) if status < 500 else 400,  # noqa: PLR2004 - of the 4xx kind
            body=error_body(None, error, call_id="", upstream=""),
            content_type="application/json",
        )
        response.force_close()
        return response


class Listener(web.Server):
    """aiohttp's server, with handlers of ours."""

    def __init__(self, handles: Handles, max_header_bytes: int) -> None:
        super().__init__(handles.handle, handler_cancellation=True)
        self._max_header_bytes = max_header_bytes

    def __call__(self) -> web.RequestHandler:
        """A handler for a new connection."""
        return Handler(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # aiohttp takes None for "no access log"
            auto_decompress=False,
            keepalive_timeout=KEEP_ALIVE_S,
            lingering_time=LINGER_S,
            max_line_size=self._max_header_bytes,
            max_field_size=self._max_header_bytes,
            max_headers=HEADERS,
        )


class Server:
    """What takes each request is called with it, and is cancelled when its client leaves."""

    def __init__(self, handles: Handles, *, max_header_bytes: int) -> None:
        server = Listener(handles, max_header_bytes)
        self._runner = web.ServerRunner(server, shutdown_timeout=CUT_S)
        self._site: web.SockSite | None = None

    async def start(self, listening: socket.socket) -> None:
        """Takes connections from this bound socket."""
        await self._runner.setup()
        self._site = web.SockSite(self._runner, listening, backlog=BACKLOG)
        await self._site.start()

    async def refuse_new(self) -> None:
        """Takes no new connection; those that stand go on."""
        if self._site is not None:
            with contextlib.suppress(RuntimeError):
                await self._site.stop()

    async def close(self) -> None:
        """Ends every connection, and what runs on it."""
        await self._runner.cleanup()


def bind(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A bound socket, not listening yet; `shared` lets others bind the same port.

    Raises:
        OSError: the address cannot be had.
    """
    family, kind, proto, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, proto)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound


def url_of(bound: socket.socket) -> str:
    """The address people point a client at."""
    host, port = bound.getsockname()[:2]
    return url_at(host, port)


def own_url(bound: socket.socket) -> str:
    """The address at which this machine's own programs reach it: loopback where it listens anywhere."""
    host, port = bound.getsockname()[:2]
    return reached_at(host, port)

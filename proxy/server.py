"""The server: aiohttp in front of the gateway, set up so that bodies and headers come raw."""

import contextlib
import logging
import socket

from aiohttp import web

from driftgate.proxy.gateway import Gateway

BACKLOG = 1024
HEADERS = 1024  # fields of one request; aiohttp's own limit is 128
LINGER_S = 1.0  # how long the rest of a refused body is read, so that the client sees the answer
KEEP_ALIVE_S = 3600.0  # the client decides when an idle connection ends, as if it were direct


class _OneLine(logging.Filter):
    """aiohttp reports a client's broken request with a traceback; a line is enough."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keeps the message, drops the traceback."""
        if record.exc_info:
            error = record.exc_info[1]
            record.msg = f"{record.getMessage()}: {' '.join(str(error).split())}"
            record.args, record.exc_info = (), None
            record.levelno, record.levelname = logging.DEBUG, "DEBUG"
        return logging.getLogger("driftgate").isEnabledFor(record.levelno)


def _logger() -> logging.Logger:
    logger = logging.getLogger("driftgate.http")
    if not logger.filters:
        logger.addFilter(_OneLine())
    return logger


class Server:
    """A listening gateway."""

    def __init__(self, gateway: Gateway, *, max_header_bytes: int) -> None:
        server = web.Server(
            gateway.handle,
            handler_cancellation=True,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=KEEP_ALIVE_S,
            lingering_time=LINGER_S,
            logger=_logger(),
            max_line_size=max_header_bytes,
            max_field_size=max_header_bytes,
            max_headers=HEADERS,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=0)
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
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

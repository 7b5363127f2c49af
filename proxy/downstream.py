"""The client's side of a call: raw bytes to the client over aiohttp's connection.

aiohttp parses requests, keeps connections alive and notices clients that leave; answers are
written to its transport as they came. Relied on: `BaseRequest.raw_headers`, `.protocol`,
`.writer.drain()`, `BaseProtocol.writing_paused`, `RequestHandler.set_parser`, and that a handler
may return a response whose `prepare` and `write_eof` do nothing. A test holds each of them.
"""

import socket
import struct
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

ID_HEADER = b"x-driftgate-call-id"
ATTEMPTS_HEADER = b"x-driftgate-attempts"


class Sent(web.StreamResponse):
    """An answer whose bytes are already on the wire: aiohttp only carries on behind it."""

    def __init__(self, *, keep_alive: bool) -> None:
        super().__init__()
        self._kept = keep_alive

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Nothing is left to send."""
        del request
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to send."""
        del data

    @property
    def keep_alive(self) -> bool | None:
        """Whether the client's connection takes another request."""
        return self._kept


KEPT, CLOSED = Sent(keep_alive=True), Sent(keep_alive=False)


class _Tunnel:
    """Takes the client's raw bytes after an upgrade, in the place of a websocket reader."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self._take(bytes(data))
        return False, b""

    def feed_eof(self) -> None:
        """The cancelled handler ends the call."""


class Downstream:
    """One client request as the relay sees it.

    modern: the client speaks HTTP/1.1, so chunks and 1xx may be sent.
    delimited: the client can tell a whole body from a broken one, by its length or its chunks.
    """

    def __init__(self, request: web.BaseRequest) -> None:
        self.request = request
        self.modern = request.version >= (1, 1)
        self.keep_alive = request.keep_alive
        self.delimited = True
        self._protocol = request.protocol

    @property
    def peer(self) -> str:
        """The client's address and port; empty where it has none."""
        peer = self.request.get_extra_info("peername")
        if not isinstance(peer, tuple):
            return ""
        host, port = peer[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def gone(self) -> bool:
        """Whether the client has left."""
        transport = self._protocol.transport
        return transport is None or transport.is_closing()

    @property
    def paused(self) -> bool:
        """Whether the client reads more slowly than the upstream writes."""
        return self._protocol.writing_paused

    def write(self, data: bytes) -> None:
        """Sends bytes as they are; nothing happens when the client has left."""
        transport = self._protocol.transport
        if transport is not None and data:
            transport.write(data)

    async def drain(self) -> None:
        """Waits until the client has caught up."""
        await self.request.writer.drain()

    def break_off(self) -> None:
        """Ends the connection so that the client sees a broken answer, never a short one.

        An answer that only the connection's end delimits is ended by RST, which no client takes
        for the end of a body. Requests that wait behind this one are not taken any more: their
        answers would be read as the rest of this one.
        """
        self.keep_alive = False
        transport = self._protocol.transport
        if transport is None:
            return
        if not self.delimited:
            linger = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
        transport.close()

    def tunnel(self, take: Callable[[bytes], None]) -> None:
        """From now on the client's bytes go to `take` as they come."""
        parser: Any = _Tunnel(take)
        self._protocol.set_parser(parser)

    def pause_reading(self) -> None:
        """The upstream takes no more for now."""
        if (transport := self._protocol.transport) and not transport.is_closing():
            transport.pause_reading()

    def resume_reading(self) -> None:
        """It does again."""
        if (transport := self._protocol.transport) and not transport.is_closing():
            transport.resume_reading()

    @property
    def ended(self) -> Sent:
        """What the handler returns once the answer is sent."""
        return KEPT if self.keep_alive else CLOSED

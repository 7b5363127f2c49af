"""A backend that sends exactly the bytes a test tells it to, and keeps what it received."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Exchange:
    """One request as it came, and the connection to answer it on."""

    head: bytes
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def target(self) -> str:
        """Path and query."""
        return self.head.split(b" ", 2)[1].decode("latin-1")

    @property
    def wants_close(self) -> bool:
        """Whether the request says that the connection ends behind it."""
        return b"\r\nconnection: close" in self.head.lower()

    async def send(self, *pieces: bytes) -> None:
        """Each piece in a write of its own."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    def reset(self) -> None:
        """Ends the connection with RST."""
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.close()


Answer = Callable[[Exchange], Awaitable[None]]


class Scripted:
    """The backend. `answer` may be replaced between requests."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.seen: list[Exchange] = []
        self.connections = 0
        self.begun = 0  # requests whose head is there
        self.port = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        exchange: Exchange | None = None
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                exchange = Exchange(head, b"", reader, writer)
                self.begun += 1
                self.seen.append(exchange)
                if b"expect: 100-continue" not in head.lower():
                    exchange.body = await read_body(head, reader)
                await self.answer(exchange)
                if exchange.wants_close or writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            if exchange is not None:
                exchange.closed.set()
            writer.close()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Scripted"]:
        """Listens while the block runs."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=4 << 20)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    @contextlib.asynccontextmanager
    async def running_at(self, path: Path) -> AsyncIterator["Scripted"]:
        """The same behind a unix socket."""
        server = await asyncio.start_unix_server(self._serve, path, limit=4 << 20)
        try:
            yield self
        finally:
            server.close()


async def read_body(head: bytes, reader: asyncio.StreamReader) -> bytes:
    """The request's body, raw (chunked framing and all)."""
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        body = b""
        while not body.endswith(b"0\r\n\r\n"):
            part = await reader.read(65536)
            if not part:
                raise asyncio.IncompleteReadError(body, None)
            body += part
        return body
    if b"content-length:" in lower:
        length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
        return await reader.readexactly(length)
    return b""


def sized(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """An answer with a Content-Length."""
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status, lines, len(body), body)


def always(*pieces: bytes) -> Answer:
    """Answers every request with these bytes."""

    async def answer(exchange: Exchange) -> None:
        await exchange.send(*pieces)

    return answer

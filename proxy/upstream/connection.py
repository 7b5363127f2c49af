"""Connections to one upstream: raw bytes both ways, kept open between calls.

A connection has one owner at a time (the relay of a call) and tells it what happens. What comes
while nobody owns it is a protocol violation and closes it.
"""

import asyncio
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import urlsplit

# An idle connection may be closed by the server at any moment; a request that is sent into that
# moment is lost, and only an idempotent one may be sent again (RFC 9110, section 9.2.2). llama.cpp
# and uvicorn close after 5 s, so other requests never use a connection idle for half of that.
IDLE_LIMIT_S = 30.0
IDLE_LIMIT_ONCE_S = 2.5
IDLE_KEPT = 128  # connections
# llama-server says keep-alive and closes many connections right behind a stream: seconds until that
# is seen
REST_S = 0.02
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
LAST_WORDS_S = 1.0  # how long an ended tunnel's last bytes may take
_TIMEOUT = re.compile(rb"timeout\s*=\s*(\d{1,9})", re.IGNORECASE)


class Owner(Protocol):
    """What a connection tells the call that owns it."""

    def on_data(self, data: bytes) -> None:
        """Bytes came."""

    def on_lost(self, error: Exception | None) -> None:
        """The connection is gone; None: the peer closed it in order."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an upstream is. `authority` is its Host field, `prefix` goes before each path.

    unix: path of the socket it listens on, which then counts instead of host and port.
    """

    host: str
    port: int
    authority: bytes
    prefix: str
    tls: ssl.SSLContext | None
    unix: str | None = None

    @classmethod
    def of(cls, url: str, *, verify_tls: bool = True) -> "Address":
        """Reads an http or https URL (checked by the settings)."""
        parts = urlsplit(url)
        tls = None
        if parts.scheme == "https":
            tls = ssl.create_default_context()
            if not verify_tls:
                tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        authority = parts.netloc.rpartition("@")[2].encode(
            "idna" if parts.netloc.isascii() else "utf-8"
        )
        port = parts.port or (443 if tls else 80)
        return cls(parts.hostname or "", port, authority, parts.path.rstrip("/"), tls)

    @classmethod
    def local(cls, unix: Path, prefix: str) -> "Address":
        """A server on this machine that listens on a unix socket."""
        return cls("localhost", 0, b"localhost", prefix, None, str(unix))


class Connection(asyncio.Protocol):
    """One connection. `transport` is set once it stands."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.owner: Owner | None = None
        self.closed = False
        self.idle_since = 0.0
        self.idle_limit = IDLE_LIMIT_S
        self.rests_until = 0.0
        self._writable: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Stands."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it

    def data_received(self, data: bytes) -> None:
        """Bytes for the owner."""
        if self.owner is not None:
            self.owner.on_data(data)
        else:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone."""
        self.closed = True
        self.resume_writing()
        owner, self.owner = self.owner, None
        if owner is not None:
            owner.on_lost(exc)

    def pause_writing(self) -> None:
        """The upstream reads too slowly."""
        if self._writable is None:
            self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """It has caught up."""
        waiting, self._writable = self._writable, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def write(self, data: bytes) -> None:
        """Sends, or does nothing where the connection is gone (uvloop would raise)."""
        if not self.closed and not self.transport.is_closing():
            self.transport.write(data)

    @property
    def paused(self) -> bool:
        """Whether the upstream takes bytes more slowly than they are written."""
        return self._writable is not None

    def hold_back(self) -> None:
        """Reads no more for now."""
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def let_go(self) -> None:
        """Reads again."""
        if not self.closed and not self.transport.is_closing():
            self.transport.resume_reading()

    async def drain(self) -> None:
        """Waits until more may be written."""
        if self._writable is not None:
            await self._writable

    def abort(self) -> None:
        """Ends it at once; its owner is not told."""
        self.owner = None
        if not self.closed:
            self.closed = True
            self.transport.abort()

    def finish(self) -> None:
        """Ends it when what was written is sent, at the latest after a second."""
        self.owner = None
        if not self.closed:
            self.closed = True
            self.transport.close()
            asyncio.get_running_loop().call_later(LAST_WORDS_S, self.transport.abort)


class Pool:
    """The connections of one upstream."""

    def __init__(self, address: Address, connect_timeout_s: float) -> None:
        self.address = address
        self._timeout = connect_timeout_s
        self._idle: list[Connection] = []

    def take(self, method: str) -> Connection | None:
        """A standing connection that a request with this method may be sent on."""
        now = asyncio.get_running_loop().time()
        limit = IDLE_LIMIT_S if method in IDEMPOTENT else IDLE_LIMIT_ONCE_S
        resting: list[Connection] = []
        found = None
        while self._idle and found is None:
            connection = self._idle.pop()
            idle = now - connection.idle_since
            if connection.closed or connection.transport.is_closing():
                continue
            if now < connection.rests_until:
                resting.append(connection)
            elif idle < min(limit, connection.idle_limit):
                found = connection
            else:
                connection.abort()
        self._idle += reversed(resting)
        return found

    async def connect(self) -> Connection:
        """A new connection.

        Raises:
            TimeoutError: it does not stand in time.
            OSError: it is refused; ssl.SSLError and socket.gaierror are among these.
        """
        loop = asyncio.get_running_loop()
        address = self.address
        async with asyncio.timeout(self._timeout):
            if address.unix is not None:
                return (await loop.create_unix_connection(Connection, address.unix))[1]
            _, connection = await loop.create_connection(
                Connection, address.host, address.port, ssl=address.tls
            )
        return connection

    def give(self, connection: Connection, keep_alive: bytes, *, rest_s: float = 0.0) -> None:
        """Takes a connection back for the next call.

        Args:
            connection: on which nothing is under way.
            keep_alive: the Keep-Alive field's value.
            rest_s: seconds for which it is given to nobody, until it is seen whether it stands.
        """
        if connection.closed or connection.transport.is_closing():
            return
        if len(self._idle) >= IDLE_KEPT:
            connection.abort()
            return
        hint = _TIMEOUT.search(keep_alive) if keep_alive else None
        connection.idle_limit = int(hint[1]) / 2 if hint else IDLE_LIMIT_S
        connection.idle_since = asyncio.get_running_loop().time()
        connection.rests_until = connection.idle_since + rest_s
        self._idle.append(connection)

    def close(self) -> None:
        """Ends all that are idle."""
        for connection in self._idle:
            connection.abort()
        self._idle.clear()

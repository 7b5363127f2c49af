"""The request's way up: its head for the upstream, and its body as it comes from the client.

A small body is read whole, so that it is one record and one write. A large one, one of unknown
length, and one whose client waits for `100 Continue` is passed on in pieces, each recorded before
it is forwarded.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.http_exceptions import PayloadEncodingError

from driftgate.proxy import failures, headers
from driftgate.proxy.agent.calling import marked
from driftgate.proxy.tee import Tee
from driftgate.proxy.telemetry.context import traced
from driftgate.proxy.upstream.connection import Address, Connection
from driftgate.proxy.upstream.wire import Pair, index

if TYPE_CHECKING:
    from driftgate.proxy.call import Call, Copy

WHOLE_LIMIT = 1 << 20  # bytes; a Codex request late in a long session has about 400 KB
CONTINUE_WAIT_S = 1.0  # RFC 9110, section 10.1.1: do not wait for 100 for ever; curl waits 1 s


class Upload:
    """One request to be sent up.

    whole: the body, once it is known to the last byte; None while it must be streamed.
    copy: gets a streamed body as it passes.
    call: which call it is, for an agent (see `driftgate.proxy.agent.calling`); None: for others.
    """

    def __init__(self, request: web.BaseRequest, address: Address, target: str) -> None:
        self.request = request
        self.pairs: tuple[Pair, ...] = request.raw_headers
        self._fields = fields = index(self.pairs)
        self.upgrade = _websocket(fields)
        self.expects = headers.has_token(fields, b"expect", b"100-continue")
        self.whole: bytes | None = None if request.body_exists else b""
        self.copy: Copy | None = None
        self.call: bytes | None = None
        self._chunked = _chunked(fields)
        self._reframed = False  # it came in chunks and was read whole: it has a length now
        self.readdress(address, target)

    @property
    def coded(self) -> bool:
        """Whether the body has a content coding."""
        return b"content-encoding" in self._fields

    def readdress(self, address: Address, target: str) -> None:
        """Sends it to another upstream."""
        self._target = address.prefix + origin_form(target)
        self._authority = address.authority

    def head(self, call: "Call | None" = None) -> bytes:
        """The request line and header for the upstream. call: whose trace may go on."""
        out = headers.forwarded(self.pairs, self._fields)
        if self.call is not None:
            out = marked(out, self.call, 1)
        if call is not None and call.traced:
            out = traced(out, self._fields, call.id, 1)
        if self.expects and self.whole is not None:  # the client has been told to send it already
            out = [pair for pair in out if pair[0].lower() != b"expect"]
        if b"host" in self._fields:
            out = [
                (pair[0], self._authority) if pair[0].lower() == b"host" else pair for pair in out
            ]
        else:
            out.insert(0, (b"Host", self._authority))
        if self._chunked:
            out = [pair for pair in out if pair[0].lower() != b"content-length"]
            length = b"%d" % len(self.whole or b"")
            framing = (b"Content-Length", length), (b"Transfer-Encoding", b"chunked")
            out.append(framing[not self._reframed])
        if self.upgrade:
            out += [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")]
        elif headers.has_token(self._fields, b"te", b"trailers"):
            out += [(b"Connection", b"TE"), (b"TE", b"trailers")]
        target = self._target.encode("utf-8", "surrogateescape")
        line = b"%b %b HTTP/1.1\r\n" % (self.request.method.encode(), target)
        return line + headers.lines(out) + b"\r\n"

    async def read_whole(self, limit: int = WHOLE_LIMIT) -> None:
        """Reads the body when its stated length is within the limit.

        Raises:
            ClientError: the client's framing is broken.
            ConnectionError: the client has left.
        """
        if self.whole is not None or self.expects or self._chunked:
            return
        if (self.request.content_length or 0) <= limit:
            self.whole = b"".join([part async for part in self._parts()])

    async def read_managed(self, limit: int) -> bytes | None:
        """The whole body in any framing, for a call that driftgate manages.

        None: it is longer than `limit` bytes. What was read of it is gone by then, so the call can
        only be refused (`failures.body_too_large`). A client that waits for `100 Continue` must
        have been sent it: see `expects`.

        Raises:
            ClientError: the client's framing is broken.
            ConnectionError: the client has left.
        """
        if self.whole is None:
            if (self.request.content_length or 0) > limit:
                return None
            read = bytearray()
            async for part in self._parts():
                read += part
                if len(read) > limit:
                    return None
            self.whole, self._reframed = bytes(read), self._chunked
        return self.whole if len(self.whole) <= limit else None

    async def stream(
        self, connection: Connection, tee: Tee, progress: Callable[[], None] = lambda: None
    ) -> None:
        """Passes the body on in pieces, in the client's framing; tells when one was taken."""
        async for part in self._parts():
            if self.copy is not None:
                self.copy.add(part)
            tee.request_part(part)
            await tee.synced()
            connection.write(b"%x\r\n%b\r\n" % (len(part), part) if self._chunked else part)
            await connection.drain()
            progress()
            if connection.closed:
                return
        if self.copy is not None:
            self.copy.end()
        await tee.request_end()
        await tee.synced()
        if self._chunked:
            connection.write(b"0\r\n\r\n")

    async def _parts(self) -> AsyncIterator[bytes]:
        content = self.request.content
        try:
            while part := await content.readany():
                yield part
        except (web.RequestPayloadError, PayloadEncodingError, ValueError) as error:
            raise failures.client_invalid(f"its body is malformed ({error})") from error


def _chunked(fields: dict[bytes, bytes]) -> bool:
    """Whether the body comes in chunks; the field is hop-by-hop, so another coding is refused.

    Raises:
        ClientError: it comes in a transfer coding that we would have to take off.
    """
    codings = fields.get(b"transfer-encoding", b"")
    if codings.strip(b" \t").lower() not in (b"", b"chunked"):
        raise failures.client_invalid("its transfer coding is not chunked alone")
    return bool(codings)


async def continued(proceed: asyncio.Event) -> None:
    """Waits until the upstream wants the body, answers without it, or has taken too long."""
    try:
        async with asyncio.timeout(CONTINUE_WAIT_S):
            await proceed.wait()
    except TimeoutError:
        return


def _websocket(fields: dict[bytes, bytes]) -> bool:
    """Whether it asks for a websocket; any other upgrade (h2c) may be ignored, and is."""
    wanted = headers.has_token(fields, b"upgrade", b"websocket")
    return wanted and headers.has_token(fields, b"connection", b"upgrade")


def origin_form(target: str) -> str:
    """The path of an absolute-form target, as clients send it to HTTP_PROXY."""
    if target.startswith(("http://", "https://")):
        rest = target.partition("://")[2]
        _, slash, path = rest.partition("/")
        return slash + path or "/"
    return target

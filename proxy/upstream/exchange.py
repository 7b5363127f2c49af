"""One request to an upstream and its answer, for calls that driftgate manages.

The relay moves an answer to the client as it comes; here the answer is given to whoever asked, in
pieces with the transfer framing removed, and nothing reaches a client. It shares the pool, the
connections and the wire with the relay. A kept connection that turns out dead is not tried again
here: that is a reset before the first byte, and the policy decides (RFC 9110, section 9.2.2, lets
only idempotent requests be sent again without being asked).
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence

from driftgate.proxy import failures, headers
from driftgate.proxy.agent.calling import host_down
from driftgate.proxy.errors import CallError
from driftgate.proxy.settings.upstream import Upstream
from driftgate.proxy.upstream.connection import REST_S, Connection, Pool
from driftgate.proxy.upstream.wire import (
    Chunked,
    Framing,
    Head,
    Pair,
    UntilClose,
    WireError,
    find_head,
    framing_of,
    index,
    parse_head,
)

UNREAD_LIMIT = 1 << 20  # bytes that may wait to be read before the upstream is held back
_SWITCHING, _INTERIM_END = 101, 200
_OURS = frozenset({b"host", b"content-length", b"expect"})  # set anew, or of no use here


class Reply:
    """An answer as it comes. It is its connection's owner until its end.

    status, reason, pairs: its head, without hop-by-hop fields. head_ns: when that had come.
    trailers: known when the pieces have ended. connect_ns: what its connection took; 0: a kept one.
    """

    status: int
    reason: bytes
    pairs: list[Pair]
    head_ns: int

    def __init__(self, name: str, upstream: Upstream, now_ns: Callable[[], int]) -> None:
        self.trailers: list[Pair] = []
        self.connect_ns = 0
        self._name, self._upstream, self._now_ns = name, upstream, now_ns
        self._loop = asyncio.get_running_loop()
        self._buffer = b""  # of a head that is not whole yet
        self._head: Head | None = None
        self._framing: Framing | None = None
        self._unread: deque[tuple[bytes, int]] = deque()
        self._size = 0  # bytes in it
        self._held = False  # the upstream, because too much is unread
        self._begun = False  # body bytes came
        self._over = False
        self._error: CallError | None = None
        self._news = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._heard = 0.0
        self._method = ""
        self._pool: Pool
        self._connection: Connection

    async def begin(self, connection: Connection, pool: Pool, method: str, sent: bytes) -> None:
        """Sends the request and waits for the answer's head; see `send`."""
        self._connection, self._pool, self._method = connection, pool, method
        connection.owner = self
        self._heard = self._loop.time()
        self._arm(self._upstream.first_byte_timeout_s)
        if connection.closed or connection.transport.is_closing():
            self.on_lost(None)  # it went between the pool and here, and will not say so again
        connection.write(sent)
        try:
            while self._head is None and self._error is None:
                await self._more()
        except BaseException:
            self.abort()
            raise
        if self._head is None and self._error is not None:
            raise self._error

    async def pieces(self) -> AsyncGenerator[tuple[bytes, int], None]:
        """The body as it comes: (payload, when it came by `now_ns`). To be read once.

        Who leaves it before its end calls `abort()`, best in a `finally`: Python closes a
        generator that a loop has left only when it is collected.

        Raises:
            CallError: the answer broke off; what had come before was given.
        """
        try:
            while True:
                while self._unread:
                    yield self._take()
                if self._error is not None:
                    raise self._error
                if self._over:
                    return
                await self._more()
        finally:
            self.abort()

    def abort(self) -> None:
        """Ends the connection at once: the upstream stops generating. Nothing at the end."""
        if not self._over:
            self._settle()
            self._connection.abort()

    def on_data(self, data: bytes) -> None:
        """Bytes from the upstream."""
        at_ns = self._now_ns()
        self._heard = self._loop.time()
        try:
            if self._framing is None:
                self._heads(data, at_ns)
            else:
                self._body(data, at_ns)
        except WireError as error:
            self._fail(failures.invalid(self._name, self._upstream.url, str(error)))

    def on_lost(self, error: Exception | None) -> None:
        """The connection is gone: the proper end of an answer without a length, or a reset."""
        ends = self._framing is not None and self._framing.eof()
        if ends and error is None:
            self._finish(clean=False)
        else:
            begun = self._framing is not None
            self._fail(failures.reset(self._name, self._upstream.url, begun=begun))

    def _heads(self, data: bytes, at_ns: int) -> None:
        """Before the head is whole; interim answers (1xx) are skipped."""
        data = self._buffer + data if self._buffer else data
        while found := find_head(data):
            head = parse_head(data[: found[0]])
            data = data[found[1] :]
            if head.status == _SWITCHING:
                raise WireError("the answer is 101, and nobody asked for it")
            if head.status >= _INTERIM_END:
                self._start(head, at_ns)
                self._body(data, at_ns)
                return
            if not data:
                break
        self._buffer = data

    def _start(self, head: Head, at_ns: int) -> None:
        self._framing = framing_of(head, self._method)
        pairs = headers.forwarded(head.pairs, head.fields)
        if isinstance(self._framing, Chunked):  # the length that a coded body cannot have
            pairs = [pair for pair in pairs if pair[0].lower() != b"content-length"]
        self.status, self.reason, self.pairs, self.head_ns = head.status, head.reason, pairs, at_ns
        self._head = head
        self._news.set()

    def _body(self, data: bytes, at_ns: int) -> None:
        assert self._framing is not None
        fed = self._framing.feed(data)
        if fed.payload:
            self._unread.append((fed.payload, at_ns))
            self._size += len(fed.payload)
            self._begin_body()
        if fed.done:
            self._finish(clean=fed.used == len(data))
        elif self._size > UNREAD_LIMIT and not self._held:
            self._held = True
            self._connection.hold_back()
        self._news.set()

    def _begin_body(self) -> None:
        if not self._begun:
            self._begun = True
            self._arm(self._upstream.idle_timeout_s)

    def _take(self) -> tuple[bytes, int]:
        piece = self._unread.popleft()
        self._size -= len(piece[0])
        if self._held and self._size <= UNREAD_LIMIT // 2:
            self._held = False
            self._heard = self._loop.time()
            self._connection.let_go()
        return piece

    def _finish(self, *, clean: bool) -> None:
        """The answer is whole: the connection goes back if nothing is left on it."""
        assert self._head is not None
        assert self._framing is not None
        self.trailers = self._framing.trailers
        connection, held = self._connection, self._held
        self._settle()
        connection.owner = None
        reusable = clean and self._head.keeps_alive() and not isinstance(self._framing, UntilClose)
        if not reusable or connection.closed or connection.transport.get_write_buffer_size():
            connection.abort()  # the last one: it answered before it had the whole request
            return
        if held:
            connection.let_go()
        rest_s = REST_S if isinstance(self._framing, Chunked) else 0.0
        self._pool.give(connection, self._head.fields.get(b"keep-alive", b""), rest_s=rest_s)

    def _fail(self, error: CallError) -> None:
        if self._over:
            return
        self._error = error
        self._settle()
        self._connection.abort()

    def _settle(self) -> None:
        self._over, self._held = True, False
        if self._timer is not None:
            self._timer.cancel()
        self._news.set()

    async def _more(self) -> None:
        self._news.clear()
        await self._news.wait()

    def _arm(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._watch)

    def _watch(self) -> None:
        """The limits on silence: first byte until the body begins, idle from then on."""
        upstream = self._upstream
        silent = 0.0 if self._held else self._loop.time() - self._heard
        limit = upstream.idle_timeout_s if self._begun else upstream.first_byte_timeout_s
        if silent < limit:
            self._arm(limit - silent)
            return
        late = failures.idle_timeout if self._begun else failures.first_byte_timeout
        self._fail(late(self._name, upstream.url, limit))


async def send(  # noqa: PLR0917 - one request in its parts
    pool: Pool,
    upstream: Upstream,
    name: str,
    method: str,
    target: str,
    pairs: Sequence[Pair],
    body: bytes,
    *,
    now_ns: Callable[[], int],
) -> Reply:
    """Sends one request; returns when the answer's head has come. Read its pieces, or abort it.

    Args:
        pool: the upstream's connections.
        upstream: its limits.
        name: its name, for messages.
        method: as the client's.
        target: path and query; the prefix of the upstream's address goes before it.
        pairs: the client's header; hop-by-hop fields, Host, Content-Length and Expect are set
            here. Who changes the body's coding changes Content-Encoding too.
        body: all of it.
        now_ns: the clock that pieces are stamped with.

    Raises:
        CallError: no connection, no answer in time, or none that is HTTP/1.1.
    """
    request = _head(pool, method, target, pairs, len(body)) + body
    reply, connection = Reply(name, upstream, now_ns), pool.take(method)
    if connection is None:
        connection, reply.connect_ns = await connected(pool, upstream, name, now_ns)
    await reply.begin(connection, pool, method, request)
    return reply


async def connected(
    pool: Pool, upstream: Upstream, name: str, now_ns: Callable[[], int]
) -> tuple[Connection, int]:
    """A new connection to the upstream of that name, and the nanoseconds that it took, by `now_ns`.

    Raises:
        UpstreamError: none stands in time, or it is refused.
    """
    began_ns = now_ns()
    try:
        return await pool.connect(), now_ns() - began_ns
    except TimeoutError:
        limit = upstream.connect_timeout_s
        raise failures.connect_timeout(name, upstream.url, limit) from None
    except OSError as error:
        said = failures.refused if upstream.codex is None else host_down
        raise said(name, upstream.url, error) from error


def _head(pool: Pool, method: str, target: str, pairs: Sequence[Pair], length: int) -> bytes:
    kept = [pair for pair in headers.forwarded(pairs, index(pairs)) if pair[0].lower() not in _OURS]
    kept.insert(0, (b"Host", pool.address.authority))
    kept.append((b"Content-Length", b"%d" % length))
    path = (pool.address.prefix + target).encode("utf-8", "surrogateescape")
    return b"%b %b HTTP/1.1\r\n" % (method.encode(), path) + headers.lines(kept) + b"\r\n"

"""The relay: an upstream's answer goes to the client as it comes, and to the journal.

It owns the connection while the answer lasts, and follows it through three states: before the
head, within the body, behind an upgrade. Nothing is re-serialised: body bytes leave in the chunks
in which they came. The terminal record is written before the last bytes are sent.
"""

import asyncio
import logging

from driftgate.proxy import failures, headers
from driftgate.proxy.answer_head import answer_head
from driftgate.proxy.call import Call, about, text_id
from driftgate.proxy.downstream import ID_HEADER, Downstream
from driftgate.proxy.errors import CallError, DiskFullError
from driftgate.proxy.pressure import Pressure
from driftgate.proxy.record import Outcome
from driftgate.proxy.settings.model import Upstream
from driftgate.proxy.tee import Tee
from driftgate.proxy.upstream.connection import REST_S, Connection, Pool
from driftgate.proxy.upstream.wire import (
    Chunked,
    Framing,
    Head,
    UntilClose,
    WireError,
    find_head,
    framing_of,
    parse_head,
)

log = logging.getLogger("driftgate")

SWITCHING, INTERIM_END = 101, 200


class Relay:
    """One answer on its way. `done` ends when it is over, with a CallError if it failed.

    received: whether any byte of an answer came; only before it may a request be sent again.
    sent: the whole request is sent; before it the connection is used up.
    proceed: set when the upstream asks for the request's body (100), or ends without it.
    """

    def __init__(
        self, call: Call, tee: Tee, client: Downstream, upstream: Upstream, *, upgrade: bool
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._call = call
        self._tee = tee
        self._client = client
        self._upstream = upstream
        self._upgrade = upgrade
        self._buffer = b""  # of a head that is not whole yet
        self._head_out = b""  # waits for the first body bytes of the same read
        self._framing: Framing | None = None
        self._head: Head | None = None
        self._tunnel = False
        self._last: bytes | None = None  # is sent once the record is written
        self._heard = 0.0
        self._begun = False  # body bytes came
        self._timer: asyncio.TimerHandle | None = None
        self._pressure: Pressure
        self._pool: Pool
        self._connection: Connection
        self.received = False
        self.sent = False
        self.proceed = asyncio.Event()
        self.done: asyncio.Future[None] = self._loop.create_future()

    @property
    def tunneled(self) -> bool:
        """Whether the connection was upgraded."""
        return self._tunnel

    def own(self, connection: Connection, pool: Pool) -> None:
        """Takes the connection for this answer; the first-byte limit begins to count."""
        self._connection, self._pool = connection, pool
        connection.owner = self
        self._pressure = Pressure(self._client, connection, self.progress)
        self._heard = self._loop.time()
        self._arm(self._upstream.first_byte_timeout_s)

    def progress(self) -> None:
        """The upstream has taken more of the request."""
        self._heard = self._loop.time()

    def request_sent(self) -> None:
        """The upstream has been given all of the request."""
        self.sent = True
        self.progress()

    def on_data(self, data: bytes) -> None:
        """Bytes from the upstream."""
        at_ns = self._tee.now_ns()
        self._heard = self._loop.time()
        self.received = True
        try:
            if self._tunnel:
                self._pass_frame(data)
            elif self._framing is not None:
                self._body(data, at_ns)
            else:
                self._heads(data, at_ns)
        except WireError as error:
            self.fail(failures.invalid(self._call.upstream, self._upstream.url, str(error)))
        except DiskFullError as error:
            self.fail(failures.disk_full(str(error)))
        except Exception as error:  # or the call would never end
            call_id = self._call.id
            log.exception("call %s failed inside driftgate", text_id(call_id), extra=about(call_id))
            self.fail(failures.own_fault(error))

    def on_lost(self, error: Exception | None) -> None:
        """The connection is gone: the answer's proper end, or a broken answer."""
        del error
        if self.done.done():
            return
        try:
            if self._tunnel or (self._framing is not None and self._framing.eof()):
                self._finish(b"", self._tee.now_ns())
                return
        except DiskFullError as full:
            self.fail(failures.disk_full(str(full)))
            return
        begun = self._framing is not None
        self.fail(failures.reset(self._call.upstream, self._upstream.url, begun=begun))

    def fail(self, error: CallError) -> None:
        """Ends the answer with an error; the gateway decides what the client gets."""
        self._settle()
        self._connection.abort()
        self.proceed.set()
        if not self.done.done():
            self.done.set_exception(error)

    def abandon(self) -> None:
        """Nobody waits for the answer any more: the upstream is told at once."""
        self._settle()
        if self._tunnel:
            self._connection.finish()  # the client's last frames are on their way
        else:
            self._connection.abort()
        if not self.done.cancel() and not self.done.cancelled():
            self.done.exception()  # it was looked at

    async def last_bytes(self) -> None:
        """Ends what waits for its record, if the record takes time."""
        if self._last is not None:
            await self._tee.finished(Outcome.COMPLETED)
            self._call.answered = True
            self._client.write(self._last)

    def _heads(self, data: bytes, at_ns: int) -> None:
        """Before the head is whole; interim answers (1xx) may come first."""
        data = self._buffer + data if self._buffer else data
        while found := find_head(data):
            head = parse_head(data[: found[0]])
            if head.status == SWITCHING:
                self._switch(head, data[found[1] :], at_ns)
                return
            if head.status >= INTERIM_END:
                self._begin(head, at_ns)
                self._body(data[found[1] :], at_ns)
                return
            self._interim(head)
            data = data[found[1] :]
            if not data:
                break
        self._buffer = data

    def _interim(self, head: Head) -> None:
        """A 1xx answer is passed on (RFC 9110, section 15.2), to clients that know them."""
        self.proceed.set()
        if self._client.modern:
            line = b"HTTP/1.1 %d %b\r\n" % (head.status, head.reason)
            self._write(line + headers.lines(headers.forwarded(head.pairs, head.fields)) + b"\r\n")

    def _begin(self, head: Head, at_ns: int) -> None:
        """The final head is there: it is passed on without its hop-by-hop fields."""
        self._buffer = b""
        self.proceed.set()
        if self._upgrade:
            error = failures.upgrade_refused(self._call.upstream, self._upstream.url, head.status)
            self.fail(error)
            return
        self._framing, self._head = framing_of(head, self._call.method), head
        pairs = headers.forwarded(head.pairs, head.fields)
        if isinstance(self._framing, Chunked):
            # both fields at once would let two readers disagree on where the body ends
            pairs = [pair for pair in pairs if pair[0].lower() != b"content-length"]
        self._tee.response(head.status, head.reason, pairs, at_ns)
        self._head_out = answer_head(head, pairs, self._framing, self._client, self._call.id)

    def _body(self, data: bytes, at_ns: int) -> None:
        framing = self._framing
        if framing is None:  # the head was refused
            return
        fed = framing.feed(data)
        if fed.payload:
            self._tee.chunk(fed.payload, at_ns)
        if isinstance(framing, Chunked) and not self._client.modern:
            out = fed.payload
        else:
            out = data if fed.used == len(data) else data[: fed.used]
        if self._head_out:
            out, self._head_out = self._head_out + out, b""
        if fed.done:
            self._finish(out, at_ns, clean=fed.used == len(data))
            return
        self._send(out)
        if fed.payload and not self._begun:
            self._begun = True
            self._arm(self._upstream.idle_timeout_s)

    def _send(self, data: bytes) -> None:
        self._call.answered = True
        self._write(data)

    def _write(self, data: bytes) -> None:
        self._client.write(data)
        self._pressure.sent_down()

    def _finish(self, out: bytes, at_ns: int, *, clean: bool = True) -> None:
        """The terminal record, then the last bytes, then the connection goes back."""
        assert self._framing is not None or self._tunnel
        if self._framing is not None and self._framing.trailers:
            self._tee.trailers(self._framing.trailers)
        self._settle()
        self._call.overhead_ns += self._tee.now_ns() - at_ns
        if self._tee.waits:
            self._last = out
        else:
            self._tee.end(Outcome.COMPLETED)
            self._call.answered = True
            self._client.write(out)
        self._release(clean=clean)
        if not self.done.done():
            self.done.set_result(None)

    def _release(self, *, clean: bool) -> None:
        head, connection = self._head, self._connection
        connection.owner = None
        if head is None or not clean or not self.sent or not head.keeps_alive():
            connection.abort()
        elif not isinstance(self._framing, UntilClose):
            rest_s = REST_S if isinstance(self._framing, Chunked) else 0.0
            self._pool.give(connection, head.fields.get(b"keep-alive", b""), rest_s=rest_s)

    def _settle(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._pressure.end()

    def _arm(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._watch)

    def _watch(self) -> None:
        """The limits on silence: first byte until the body begins, idle from then on."""
        name, upstream = self._call.upstream, self._upstream
        silent = self._loop.time() - self._heard
        begun = self._begun or self._tunnel
        limit = upstream.idle_timeout_s if begun else upstream.first_byte_timeout_s
        uploading = not begun and not self.sent and not self._connection.paused
        if uploading or self._pressure.client_is_slow:
            silent = 0.0  # it is the client that is slow
        if silent < limit:
            self._arm(limit - silent)
        elif begun:
            self.fail(failures.idle_timeout(name, upstream.url, limit))
        else:
            self.fail(failures.first_byte_timeout(name, upstream.url, limit))

    def _switch(self, head: Head, rest: bytes, at_ns: int) -> None:
        """101: from here on both sides speak something else, byte for byte."""
        if not self._upgrade:
            raise WireError("the answer is 101, and nobody asked for it")
        self._tunnel = True
        self._client.keep_alive = False
        self._tee.response(head.status, head.reason, head.pairs, at_ns)
        pairs = [*head.pairs, (ID_HEADER, text_id(self._call.id).encode())]
        line = b"HTTP/1.1 101 %b\r\n" % head.reason
        self._send(line + headers.lines(pairs) + b"\r\n")
        if rest:
            self._pass_frame(rest)
        self._client.tunnel(self._from_client)

    def _pass_frame(self, data: bytes) -> None:
        self._tee.frame(data, from_client=False)
        self._send(data)

    def _from_client(self, data: bytes) -> None:
        self._heard = self._loop.time()
        self._tee.frame(data, from_client=True)
        self._connection.write(data)
        self._pressure.sent_up()

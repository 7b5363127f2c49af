"""The client's side of a managed call: one answer, written by driftgate, recorded as it is sent."""

from collections.abc import Sequence
from http import HTTPStatus

from driftgate.proxy import headers
from driftgate.proxy.answer_head import connection_field
from driftgate.proxy.call import Call, text_id
from driftgate.proxy.downstream import ID_HEADER, Downstream
from driftgate.proxy.record import Outcome
from driftgate.proxy.tee import Tee
from driftgate.proxy.upstream.wire import Pair

# what tells of the upstream's bytes, which are not the client's any more
_REPLACED = frozenset({b"content-length", b"content-encoding", b"transfer-encoding", b"trailer"})

_WITHOUT_BODY = frozenset({204, 304})  # RFC 9112, section 6.3: nothing frames what is not there


class Out:
    """One answer on its way to the client. `begun`: its head has been sent."""

    def __init__(self, call: Call, tee: Tee, client: Downstream) -> None:
        self._call, self._tee, self._client = call, tee, client
        self._chunked = False
        self._pending = b""
        self.begun = False

    def head(
        self, status: int, pairs: Sequence[Pair], *, reason: bytes = b"", length: int | None = None
    ) -> None:
        """Records the head; it is sent with the first body bytes.

        Args:
            status: the HTTP status.
            pairs: fields; those that frame a body are replaced.
            reason: the status line's phrase.
            length: of the body in bytes; None: a stream.
        """
        client, self.begun = self._client, True
        kept = [pair for pair in pairs if pair[0].lower() not in _REPLACED]
        if status in _WITHOUT_BODY:
            length = 0
        elif length is not None:
            kept.append((b"Content-Length", b"%d" % length))
        self._tee.response(status, reason or _phrase(status), kept, self._tee.now_ns())
        self._chunked = length is None and client.modern
        if length is None and not client.modern:
            client.keep_alive = client.delimited = False
        ours = [(ID_HEADER, text_id(self._call.id).encode())]
        if self._chunked:
            ours.append((b"Transfer-Encoding", b"chunked"))
        ours += connection_field(client)
        line = b"HTTP/1.1 %d %b\r\n" % (status, reason or _phrase(status))
        self._pending = line + headers.lines(kept) + headers.lines(ours) + b"\r\n"

    async def write(self, data: bytes) -> None:
        """Body bytes, at once; waits while the client is slow."""
        if not data:
            return
        self._tee.chunk(data, self._tee.now_ns())
        self._send(self._framed(data))
        await self._client.drain()

    async def end(
        self,
        last: Sequence[bytes] = (),
        outcome: Outcome = Outcome.COMPLETED,
        error: str | None = None,
        *,
        recorded: Sequence[bytes] | None = None,
    ) -> None:
        """The last bytes, once the terminal record is written.

        Args:
            last: what is left to send.
            outcome: how the call ended.
            error: one line, if it failed.
            recorded: what is recorded in the place of `last`; None: the same.
        """
        now = self._tee.now_ns()
        wire = [self._pending]
        self._pending = b""
        for data, kept in zip(last, recorded or last, strict=True):
            if data:
                self._tee.chunk(data, now, kept)
                wire.append(self._framed(data))
        if self._chunked:
            wire.append(b"0\r\n\r\n")
        if self._tee.waits:
            await self._tee.finished(outcome, error)
        else:
            self._tee.end(outcome, error)
        self._send(b"".join(wire))

    def _framed(self, data: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data

    def _send(self, wire: bytes) -> None:
        self._call.answered = True
        wire, self._pending = self._pending + wire, b""
        self._client.write(wire)


def _phrase(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""

"""The head of an answer as the client gets it: the upstream's fields, and how the body ends. Pure."""

from collections.abc import Sequence

from driftgate.proxy import headers
from driftgate.proxy.call import text_id
from driftgate.proxy.downstream import ID_HEADER, Downstream
from driftgate.proxy.upstream.wire import Chunked, Framing, Head, Pair, UntilClose


def answer_head(
    head: Head, pairs: Sequence[Pair], framing: Framing, client: Downstream, call_id: bytes
) -> bytes:
    """Status line and header, `pairs` being what is passed on of the upstream's fields.

    call_id: the client is told it; empty: it is no call of anybody's.

    Decides too whether the client's connection can be kept: not where only its end tells where
    the body ends (no length, or chunks that an HTTP/1.0 client would not understand).
    """
    out = [(ID_HEADER, text_id(call_id).encode())] if call_id else []
    if isinstance(framing, Chunked) and client.modern:
        out.append((b"Transfer-Encoding", b"chunked"))
    elif isinstance(framing, Chunked | UntilClose):
        client.keep_alive = client.delimited = False
    out += connection_field(client)
    line = b"HTTP/1.1 %d %b\r\n" % (head.status, head.reason)
    return line + headers.lines(pairs) + headers.lines(out) + b"\r\n"


def connection_field(client: Downstream) -> list[Pair]:
    """What must be said about keeping the connection, if anything (RFC 9112, section 9.3)."""
    if not client.keep_alive:
        return [(b"Connection", b"close")]
    return [] if client.modern else [(b"Connection", b"keep-alive")]

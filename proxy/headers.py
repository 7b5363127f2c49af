"""Which header fields are passed on: hop-by-hop rules of RFC 9110, section 7.6.1. Pure.

No `Via` is added, though that section asks for it: to the client this proxy is not there, and the
history already says what passed it.
"""

from collections.abc import Iterable

from driftgate.proxy.upstream.wire import Pair

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"transfer-encoding",
        b"upgrade",
    }
)


def nominated(pairs: Iterable[Pair]) -> frozenset[bytes]:
    """The lower-case names that `Connection` fields name, hop-by-hop names included."""
    names = {
        part.strip(b" \t").lower()
        for name, value in pairs
        if name.lower() == b"connection"
        for part in value.split(b",")
    }
    # a Connection field may not take away what frames the message or says where it goes
    return HOP_BY_HOP | (names - {b"content-length", b"host", b"content-type", b"content-encoding"})


def forwarded(pairs: Iterable[Pair]) -> list[Pair]:
    """The fields that go on to the other side, in their order."""
    pairs = list(pairs)
    drop = nominated(pairs)
    return [pair for pair in pairs if pair[0].lower() not in drop]


def lines(pairs: Iterable[Pair]) -> bytes:
    """Fields as header lines, without the closing empty line."""
    return b"".join([b"%b: %b\r\n" % pair for pair in pairs])


def has_token(pairs: Iterable[Pair], name: bytes, token: bytes) -> bool:
    """Whether a comma-separated field of that lower-case name lists the lower-case token."""
    return any(
        token == part.strip(b" \t").lower()
        for key, value in pairs
        if key.lower() == name
        for part in value.split(b",")
    )

"""Which header fields are passed on: hop-by-hop rules of RFC 9110, section 7.6.1. Pure.

No `Via` is added, though that section asks for it: to the client this proxy is not there, and the
history already says what passed it.
"""

from collections.abc import Iterable, Mapping, Sequence

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


# what a Connection field may not take away: what frames the message, or says where it goes
_KEPT = frozenset({b"content-length", b"host", b"content-type", b"content-encoding"})


def forwarded(pairs: Sequence[Pair], fields: Mapping[bytes, bytes]) -> list[Pair]:
    """The fields that go on to the other side, in their order; `fields` is the index of `pairs`."""
    drop = HOP_BY_HOP & fields.keys()
    if b"connection" in fields:
        names = {part.strip(b" \t").lower() for part in fields[b"connection"].split(b",")}
        drop |= names - _KEPT
    if not drop:
        return list(pairs)
    return [pair for pair in pairs if pair[0].lower() not in drop]


def lines(pairs: Iterable[Pair]) -> bytes:
    """Fields as header lines, without the closing empty line."""
    return b"".join([b"%b: %b\r\n" % pair for pair in pairs])


def has_token(fields: Mapping[bytes, bytes], name: bytes, token: bytes) -> bool:
    """Whether a comma-separated field of that lower-case name lists the lower-case token."""
    value = fields.get(name)
    if value is None:
        return False
    return any(token == part.strip(b" \t").lower() for part in value.split(b","))

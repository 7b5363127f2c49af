"""Hop-by-hop fields, as RFC 9110 section 7.6.1 says."""

from driftgate.proxy.headers import forwarded, has_token, lines
from driftgate.proxy.upstream.wire import index


def test_hop_by_hop_and_nominated_fields_stay_behind() -> None:
    pairs = [
        (b"Connection", b"close, X-Private"),
        (b"Keep-Alive", b"timeout=5"),
        (b"TE", b"trailers"),
        (b"Upgrade", b"h2c"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Proxy-Connection", b"keep-alive"),
        (b"x-private", b"1"),
        (b"X-Kept", b"1"),
        (b"X-Kept", b"2"),
    ]
    assert forwarded(pairs, index(pairs)) == [(b"X-Kept", b"1"), (b"X-Kept", b"2")]


def test_a_connection_field_cannot_take_the_framing_away() -> None:
    pairs = [(b"Connection", b"content-length, host"), (b"Content-Length", b"3")]
    assert forwarded(pairs, index(pairs)) == [(b"Content-Length", b"3")]


def test_lines_are_bytes_as_they_came() -> None:
    assert lines([(b"A", b"\xff"), (b"b", b"")]) == b"A: \xff\r\nb: \r\n"


def test_tokens_are_found_whatever_their_case_and_place() -> None:
    pairs = [(b"Connection", b"keep-alive,  Upgrade")]
    assert has_token(index(pairs), b"connection", b"upgrade")
    assert not has_token(index(pairs), b"connection", b"close")

"""HTTP/1.1 on the wire: heads and framings, whatever the network splits."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.upstream.wire import (
    HEAD_LIMIT,
    Chunked,
    Head,
    NoBody,
    Sized,
    UntilClose,
    WireError,
    find_head,
    framing_of,
    parse_head,
)

HEAD = b"HTTP/1.1 200 All fine\r\nContent-Type: a/b\r\nX-Odd:  \xff\xfe \r\nX-Odd: 2"


def _split(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def test_a_head_keeps_order_case_repeats_and_raw_bytes() -> None:
    head = parse_head(HEAD)
    assert (head.minor, head.status, head.reason) == (1, 200, b"All fine")
    assert head.pairs == [(b"Content-Type", b"a/b"), (b"X-Odd", b"\xff\xfe"), (b"X-Odd", b"2")]
    assert head.fields[b"x-odd"] == b"\xff\xfe,2"


def test_a_folded_line_is_joined() -> None:
    assert parse_head(b"HTTP/1.0 200\r\nA: b\r\n  c").pairs == [(b"A", b"b c")]


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/2 200 OK",
        b"HTTP/1.1 20 OK",
        b"garbage",
        b"HTTP/1.1 200 OK\r\nno colon",
        b"HTTP/1.1 200 OK\r\nbad name: x",
        b"HTTP/1.1 200 OK\r\n: x",
        b"HTTP/1.1 200 OK\r\nA: nul\x00",
        b"HTTP/1.1 200 OK\r\nA: bare\rcr",
        b"HTTP/1.1 200 OK\rSet-Cookie: a",
        b"HTTP/1.1 200 O\x00K",
        b"HTTP/1.1 200 OK\r\nA: b\r\n folded\x00",
        b"HTTP/1.1 099 Interim",
    ],
)
def test_a_malformed_head_is_refused(raw: bytes) -> None:
    with pytest.raises(WireError):
        parse_head(raw)


def test_the_end_of_a_head_is_found_when_it_is_there() -> None:
    assert find_head(HEAD) is None
    assert find_head(HEAD + b"\r\n\r\nbody") == (len(HEAD), len(HEAD) + 4)


def test_garbage_and_endless_heads_are_noticed_before_their_end() -> None:
    with pytest.raises(WireError, match="begins with"):
        find_head(b"\x16\x03\x01")
    with pytest.raises(WireError, match="longer than 256 KB"):
        find_head(b"HTTP/1.1 200 OK\r\nA: " + b"x" * HEAD_LIMIT)


@given(
    st.lists(st.binary(min_size=1, max_size=40), max_size=6),
    st.lists(st.integers(0, 400), max_size=12),
    st.booleans(),
)
def test_chunks_are_read_however_they_are_split(
    pieces: list[bytes], cuts: list[int], trailer: bool
) -> None:
    raw = b"".join(b"%x;ext=1\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    raw += b"0\r\nX-Sum: 1\r\n\r\n" if trailer else b"0\r\n\r\n"
    framing, payload, used, done = Chunked(), b"", 0, False
    for part in _split(raw + b"HTTP/1.1 next", cuts):
        if done:
            break
        fed = framing.feed(part)
        payload, used, done = payload + fed.payload, used + fed.used, fed.done
    assert (payload, used, done) == (b"".join(pieces), len(raw), True)
    assert framing.trailers == ([(b"X-Sum", b"1")] if trailer else [])
    assert framing.eof()


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_no_bytes_break_the_chunk_reader_otherwise_than_by_wire_error(
    raw: bytes, cuts: list[int]
) -> None:
    framing = Chunked()
    try:
        for part in _split(raw, cuts):
            if framing.feed(part).done:
                return
    except WireError:
        return
    assert not framing.eof()


def test_lines_of_a_head_may_end_with_a_bare_lf_and_never_hide_a_field() -> None:
    raw = b"HTTP/1.1 200 OK\nA: b\r\nC: d\nSet-Cookie: e\n\nbody\r\n\r\n"
    found = find_head(raw)
    assert found is not None
    assert raw[found[1] :] == b"body\r\n\r\n"
    pairs = [(b"A", b"b"), (b"C", b"d"), (b"Set-Cookie", b"e")]
    assert parse_head(raw[: found[0]]).pairs == pairs


@pytest.mark.parametrize(
    "raw",
    [
        *(b"zz\r\n", b"-1\r\n", b"\r\n", b"1\r\nabc", b"1" * 20_000),
        # passed on as they are, these would be two lines to a client that takes LF or CR for one
        *(b"1;a\nb\r\n", b"1;a\rb\r\n", b"1;\x00\r\n", b"5\nhello", b"0\r\nA: b\nC: d\r\n\r\n"),
    ],
)
def test_malformed_chunks_are_refused(raw: bytes) -> None:
    with pytest.raises(WireError):
        Chunked().feed(raw)


@pytest.mark.parametrize(
    ("method", "status", "pairs", "expected"),
    [
        ("HEAD", 200, [(b"Content-Length", b"5")], NoBody),
        ("GET", 204, [], NoBody),
        ("GET", 304, [(b"Content-Length", b"5")], NoBody),
        ("GET", 103, [], NoBody),
        ("GET", 200, [(b"Content-Length", b"5")], Sized),
        ("GET", 200, [(b"Content-Length", b"5, 5")], Sized),
        ("GET", 200, [(b"Transfer-Encoding", b"Chunked"), (b"Content-Length", b"5")], Chunked),
        ("GET", 200, [(b"Transfer-Encoding", b"identity"), (b"Content-Length", b"5")], Sized),
        ("GET", 200, [], UntilClose),
    ],
)
def test_the_framing_follows_the_rules_in_their_order(
    method: str, status: int, pairs: list[tuple[bytes, bytes]], expected: type
) -> None:
    assert type(framing_of(Head(1, status, b"", pairs), method)) is expected


@pytest.mark.parametrize(
    "values", [[b"gzip, chunked"], [b"gzip"], [b"chunked", b"chunked"], [b"identity, chunked"]]
)
def test_a_transfer_coding_that_would_be_lost_is_refused(values: list[bytes]) -> None:
    with pytest.raises(WireError, match="transfer coding"):
        framing_of(Head(1, 200, b"", [(b"Transfer-Encoding", value) for value in values]), "GET")


@pytest.mark.parametrize("value", [b"x", b"-1", b"5, 6", b"", b"9" * 5000])
def test_a_malformed_length_is_refused(value: bytes) -> None:
    with pytest.raises(WireError):
        framing_of(Head(1, 200, b"", [(b"Content-Length", value)]), "GET")


def test_a_sized_body_ends_where_it_says() -> None:
    framing = Sized(5)
    assert framing.feed(b"abc") == (3, b"abc", False)
    assert not framing.eof()
    assert framing.feed(b"defg") == (2, b"de", True)

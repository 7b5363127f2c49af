"""The SSE reader against the event stream format, at any chunking."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.dialects.sse import Event, SseReader, read_events
from driftgate.proxy.record import Chunk

PIECES = st.sampled_from(
    [b"data: ", b"data:", b"data", b"event: x", b"id: 7", b": c", b"{}", b"\n", b"\r", b"\r\n",
     b"\n\n", b"\xef\xbb\xbf", b"\xff", b"\xe2\x82\xac", b"retry: 1", b"[DONE]", b" ", b"\0"]
)  # fmt: skip
STREAMS = st.lists(PIECES | st.binary(max_size=4), max_size=60).map(b"".join)


def texts(data: bytes) -> list[tuple[str, bytes]]:
    return [(event.kind, event.data) for event in read_events([Chunk(1, data)])]


def split(data: bytes, cuts: list[int]) -> list[Chunk]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [Chunk(n, data[a:b]) for n, (a, b) in enumerate(pairwise(places))]


def test_an_event_has_its_kind_and_its_data() -> None:
    assert texts(b"event: response.created\ndata: {}\n\n") == [("response.created", b"{}")]


def test_data_lines_are_joined_by_line_feeds() -> None:
    assert texts(b"data: a\ndata:b\ndata\ndata:  c\n\n") == [("", b"a\nb\n\n c")]


def test_all_three_line_ends_are_taken() -> None:
    for end in (b"\n", b"\r", b"\r\n"):
        stream = end.join([b"data: a", b"", b"event: k", b"data: b", b"", b""])
        assert texts(stream) == [("", b"a"), ("k", b"b")]


def test_comments_unknown_fields_and_a_byte_order_mark_are_passed_over() -> None:
    assert texts(b"\xef\xbb\xbf: ping\nfoo: 1\ndata: a\n\n: ping\n\n") == [("", b"a")]


def test_an_event_without_data_is_none_and_forgets_its_kind() -> None:
    assert texts(b"event: x\n\ndata: a\n\n") == [("", b"a")]


def test_done_is_an_event_like_any_other() -> None:
    assert texts(b"data: [DONE]\n\n") == [("", b"[DONE]")]


def test_the_event_under_way_at_the_end_is_given() -> None:
    assert texts(b"data: a\n\ndata: b") == [("", b"a"), ("", b"b")]


def test_an_event_has_the_offset_of_the_chunk_that_completed_it() -> None:
    reader = SseReader()
    assert reader.feed(b"id: 5\ndata: a\n", 10) == []
    assert reader.feed(b"\ndata: b\n\nda", 20) == [
        Event(20, "", b"a", "5"),
        Event(20, "", b"b", "5"),
    ]
    assert reader.feed(b"ta: c\r", 30) == []
    assert reader.feed(b"\n", 40) == []
    assert reader.feed(b"\r", 50) == [Event(50, "", b"c", "5")]
    assert reader.feed(b"\ndata: d\n\n", 60) == [Event(60, "", b"d", "5")]


@given(STREAMS, st.lists(st.integers(0, 10_000), max_size=40))
def test_any_chunking_gives_the_same_events(data: bytes, cuts: list[int]) -> None:
    chunked = [(e.kind, e.data, e.last_id) for e in read_events(split(data, cuts))]
    assert chunked == [(e.kind, e.data, e.last_id) for e in read_events([Chunk(0, data)])]


@given(STREAMS)
def test_byte_by_byte_gives_the_same_events(data: bytes) -> None:
    chunks = [Chunk(n, data[n : n + 1]) for n in range(len(data))]
    assert [(e.kind, e.data) for e in read_events(chunks)] == texts(data)

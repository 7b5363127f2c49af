"""The NDJSON reader, at any chunking."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.dialects.ndjson import Line, NdjsonReader, read_lines
from driftgate.proxy.record import Chunk


def test_a_line_has_the_offset_of_the_chunk_that_completed_it() -> None:
    reader = NdjsonReader()
    assert reader.feed(b'{"a"', 1) == []
    assert reader.feed(b":1}\r\n\n{}\n{", 2) == [Line(2, b'{"a":1}'), Line(2, b"{}")]
    assert reader.feed(b"}", 3) == []
    assert reader.close() == [Line(3, b"{}")]


def test_an_empty_stream_has_no_lines() -> None:
    assert read_lines([Chunk(0, b""), Chunk(1, b" \n\n")]) == []


@given(st.lists(st.sampled_from([b"{}", b"\n", b"\r", b" ", b"\xff", b'"'])).map(b"".join),
       st.lists(st.integers(0, 1000), max_size=20))  # fmt: skip
def test_any_chunking_gives_the_same_lines(data: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    chunks = [Chunk(0, data[a:b]) for a, b in pairwise(places)]
    assert read_lines(chunks) == read_lines([Chunk(0, data)])
    assert [line.data for line in read_lines(chunks)] == [
        line.strip() for line in data.split(b"\n") if line.strip()
    ]

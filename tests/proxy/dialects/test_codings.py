"""Content codings: what comes out, what is capped, what is flagged."""

import gzip
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.dialects.codings import decode, decode_chunks
from driftgate.proxy.record import Chunk

LIMIT = 1 << 20
Encode = Callable[[bytes], bytes]
TEXT = b"driftgate keeps every byte. " * 400


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def zstd_stream(data: bytes) -> bytes:
    packer = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    return packer.compress(data) + packer.flush()


ENCODERS: dict[str, Encode] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.compress,
}
CASES: list[tuple[str, Encode]] = [
    *ENCODERS.items(),
    ("deflate", raw_deflate),
    ("zstd", zstd_stream),
]


@pytest.mark.parametrize(("name", "encode"), CASES)
def test_each_coding_is_undone(name: str, encode: Encode) -> None:
    assert decode(encode(TEXT), name, LIMIT) == (TEXT, True)
    assert decode(encode(TEXT), f" {name.upper()} ", LIMIT) == (TEXT, True)
    assert decode(encode(b""), name, LIMIT) == (b"", True)


@pytest.mark.parametrize(("name", "encode"), CASES)
def test_what_is_cut_gives_its_beginning_and_a_flag(name: str, encode: Encode) -> None:
    packed = encode(bytes(range(256)) * 4000)
    data, complete = decode(packed[:-5], name, LIMIT)
    assert not complete
    assert (bytes(range(256)) * 4000).startswith(data)


@pytest.mark.parametrize(("name", "encode"), CASES)
def test_the_cap_holds(name: str, encode: Encode) -> None:
    packed = encode(bytes(20 << 20))
    data, complete = decode(packed, name, 100_000)
    assert (len(data), complete) == (100_000, False)
    assert decode(encode(TEXT), name, len(TEXT)) == (TEXT, True)


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd"])
def test_corrupt_input_is_flagged(name: str) -> None:
    data, complete = decode(b"this is not compressed at all", name, LIMIT)
    assert not complete
    assert len(data) < LIMIT


def test_several_codings_are_undone_from_the_last() -> None:
    packed = zstandard.compress(gzip.compress(TEXT))
    assert decode(packed, "gzip, zstd", LIMIT) == (TEXT, True)


def test_members_and_frames_follow_each_other() -> None:
    assert decode(gzip.compress(b"a") + gzip.compress(b"b"), "gzip", LIMIT) == (b"ab", True)
    frames = zstandard.compress(b"a") + zstd_stream(b"b")
    assert decode(frames, "zstd", LIMIT) == (b"ab", True)


@pytest.mark.parametrize("header", ["br", "gzip, br", "gzip," * 9 + "gzip"])
def test_what_cannot_be_undone_is_left_and_flagged(header: str) -> None:
    assert decode(TEXT, header, LIMIT) == (TEXT, False)


@pytest.mark.parametrize("header", [None, "", "identity", " , "])
def test_no_coding_is_nothing_to_do(header: str | None) -> None:
    assert decode(TEXT, header, LIMIT) == (TEXT, True)


def test_decoded_chunks_keep_the_offset_of_the_chunk_that_gave_them() -> None:
    packer = zlib.compressobj(wbits=31)
    chunks = [
        Chunk(n, packer.compress(b"data: %d\n\n" % n) + packer.flush(zlib.Z_SYNC_FLUSH))
        for n in range(5)
    ]
    decoded = decode_chunks(chunks, "gzip", LIMIT)
    assert [(c.offset_ns, c.data) for c in decoded.chunks] == [
        (n, b"data: %d\n\n" % n) for n in range(5)
    ]
    assert not decoded.complete


@given(st.binary(max_size=300), st.sampled_from([*ENCODERS, "gzip, zstd", "zstd, deflate"]))
def test_arbitrary_bytes_never_raise(data: bytes, header: str) -> None:
    assert len(decode(data, header, 5000)[0]) <= 5000


@given(st.binary(max_size=2000), st.sampled_from(sorted(ENCODERS)), st.integers(1, 50))
def test_any_chunking_decodes_to_the_same(data: bytes, name: str, size: int) -> None:
    packed = ENCODERS[name](data)
    chunks = [Chunk(n, packed[n : n + size]) for n in range(0, len(packed), size)]
    decoded = decode_chunks(chunks, name, LIMIT)
    assert (decoded.joined(), decoded.complete) == (data, True)

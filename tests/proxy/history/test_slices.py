"""Cutting bodies and joining them again."""

import random

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.history.slices import (
    COMPRESS_FROM,
    Codec,
    Sessions,
    Split,
    compress,
    digest,
    join,
    split,
)

_COMPRESSOR = zstandard.ZstdCompressor()


def parts(cut: Split) -> list[bytes]:
    return [cut.data(index) for index in range(len(cut.ends))]


@given(st.binary(max_size=300), st.lists(st.integers(-5, 320)))
def test_any_boundaries_give_the_body_back(body: bytes, boundaries: list[int]) -> None:
    cut = split(body, boundaries)
    assert b"".join(parts(cut)) == body
    assert list(cut.digests) == [digest(part) for part in parts(cut)]
    assert all(parts(cut))


@given(st.lists(st.binary(min_size=1, max_size=9), max_size=9), st.data())
def test_the_body_before_changes_nothing_in_the_result(
    old: list[bytes], data: st.DataObject
) -> None:
    keep = data.draw(st.integers(0, len(old)))
    new = old[:keep] + data.draw(st.lists(st.binary(min_size=1, max_size=9), max_size=9))

    def ends(pieces: list[bytes]) -> list[int]:
        return [len(b"".join(pieces[:count])) for count in range(1, len(pieces))]

    before = split(b"".join(old), ends(old))
    body = b"".join(new)
    assert split(body, ends(new), before) == split(body, ends(new))


@given(st.lists(st.binary(max_size=200) | st.just(b"ab" * COMPRESS_FROM), max_size=20))
def test_slices_join_to_the_body_byte_for_byte(pieces: list[bytes]) -> None:
    held = [(*compress(piece, _COMPRESSOR), piece) for piece in pieces]
    kept = [(str(codec), len(piece), data) for codec, data, piece in held]
    assert join(kept) == b"".join(pieces)


def test_what_repeats_is_compressed_and_what_does_not_is_left() -> None:
    assert compress(b"ab" * COMPRESS_FROM, _COMPRESSOR)[0] == Codec.ZSTD
    noise = random.Random(1).randbytes(COMPRESS_FROM)
    assert compress(noise, _COMPRESSOR) == (Codec.RAW, noise)


def test_small_slices_are_left_to_the_column() -> None:
    assert compress(b"ab" * 500, _COMPRESSOR) == (Codec.RAW, b"ab" * 500)


def test_a_damaged_slice_is_an_error_and_not_a_wrong_body() -> None:
    with pytest.raises(ValueError, match="3 bytes instead of 4"):
        join([("raw", 4, b"abc")])
    with pytest.raises(ValueError, match="cannot be unfolded"):
        join([("zstd", 4, b"abcd")])


def test_bodies_are_known_by_their_content() -> None:
    assert split(b"abcd", [2]).body_id == split(b"abcd", [2]).body_id
    assert split(b"abcd", [2]).body_id != split(b"abce", [2]).body_id
    assert split(b"abcd").body_id == digest(b"abcd")


def test_sessions_forget_the_oldest_beyond_their_limit() -> None:
    sessions = Sessions(limit_bytes=50_000)
    for name in ("a", "b", "c", "a"):
        sessions.split(name, name.encode() * 20_000, [10])
    assert list(sessions._last) == ["c", "a"]
    assert sessions._held == 40_000
    small = sessions.split("d", b"small", [2])
    assert small == split(b"small", [2])
    assert "d" not in sessions._last

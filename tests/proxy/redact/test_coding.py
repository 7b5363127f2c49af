"""Content codings chunk by chunk: what each chunk adds, limits, and breaks."""

import gzip
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.redact.coding import Coding, Plain

NAMES = ["identity", "gzip", "deflate", "zstd"]


def coding(name: str) -> Coding:
    found = Coding.of(name)
    assert found is not None
    return found


@given(st.sampled_from(NAMES), st.lists(st.binary(max_size=50), min_size=1, max_size=6))
def test_folded_chunks_unfold_to_the_same_chunks(name: str, chunks: list[bytes]) -> None:
    folded = coding(name).fold(chunks)
    assert len(folded) == len(chunks)
    assert coding(name).unfold(folded, 1000) == Plain(chunks, whole=True)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("gzip", gzip.compress(b"one", mtime=0) + gzip.compress(b"two", mtime=0)),
        ("x-gzip", gzip.compress(b"onetwo", mtime=0)),
        ("GZIP ", gzip.compress(b"onetwo", mtime=0)),
        ("deflate", zlib.compress(b"onetwo")),
        ("deflate", zlib.compress(b"onetwo")[2:-4]),
        ("zstd", zstandard.compress(b"one") + zstandard.compress(b"two")),
    ],
)
def test_what_servers_and_clients_send_is_understood(name: str, body: bytes) -> None:
    plain = coding(name).unfold([body[:5], body[5:]], 1000)
    assert plain is not None
    assert b"".join(plain.chunks) == b"onetwo"
    assert plain.whole


@pytest.mark.parametrize("name", ["br", "gzip, br", "gzip, zstd", "compress"])
def test_other_codings_are_not_understood(name: str) -> None:
    assert Coding.of(name) is None


@pytest.mark.parametrize("name", [None, "", "identity", " Identity"])
def test_no_coding_is_identity(name: str | None) -> None:
    assert Coding.of(name) == Coding("identity")


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_body_that_unfolds_beyond_the_limit_is_given_up(name: str) -> None:
    body = coding(name).fold([b"\0" * 50_000_000])
    assert coding(name).unfold(body, 1_000_000) is None


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_cut_body_is_read_as_far_as_it_goes_and_a_broken_one_up_to_the_break(name: str) -> None:
    first, second = coding(name).fold([b"one", b"two"])
    assert coding(name).unfold([first], 1000) == Plain([b"one"], whole=True)
    broken = coding(name).unfold([first, b"\xff" * 40, second], 1000)
    assert broken == Plain([b"one", b"", b""], whole=False)

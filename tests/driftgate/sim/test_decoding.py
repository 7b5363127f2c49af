"""Compressed bodies are decoded, up to a limit."""

import contextlib
import gzip
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from driftgate.sim import decoding
from driftgate.sim.ask import SimError
from driftgate.sim.decoding import decoded

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.compress,
    "identity": bytes,
}


@pytest.mark.parametrize("coding", PACKERS)
def test_a_body_comes_back(coding: str) -> None:
    body = b"some text " * 99
    assert decoded(PACKERS[coding](body), {"Content-Encoding": coding}) == body


@given(st.binary(max_size=200), st.sampled_from([*PACKERS, "br", ""]))
def test_any_bytes_are_decoded_or_refused(body: bytes, coding: str) -> None:
    with contextlib.suppress(SimError):
        assert isinstance(decoded(body, {"Content-Encoding": coding}), bytes)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_a_bomb_is_refused(coding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_MOST_BYTES", 1000)
    with pytest.raises(SimError) as caught:
        decoded(PACKERS[coding](b"0" * 100_000), {"Content-Encoding": coding})
    assert caught.value.status == 413

"""Unfolds compressed bodies chunk by chunk and folds them again, so that chunks stay aligned."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import zstandard

_ZSTD_BITE = 256  # zstd unfolds at most about 32,768 times: 8 MB for such a bite
_ZSTD_WINDOW = 1 << 27
_PIECE = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS  # wbits of zlib's documentation: a gzip header and trailer


@dataclass(frozen=True, slots=True)
class Plain:
    """What chunks unfold to. Not `whole`: bytes that could not be read were left out."""

    chunks: list[bytes]
    whole: bool


class _Unfolder(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yields what the data unfolds to; raises zlib.error or zstandard.ZstdError."""
        ...


@dataclass(frozen=True, slots=True)
class Coding:
    """One content coding of RFC 9110 section 8.4.1 (zstd: RFC 8878)."""

    name: str

    @classmethod
    def of(cls, content_encoding: str | None) -> "Coding | None":
        """The coding that a Content-Encoding header names; None when it is not understood."""
        name = (content_encoding or "identity").strip().lower() or "identity"
        name = {"x-gzip": "gzip"}.get(name, name)
        return cls(name) if name in ("identity", "gzip", "deflate", "zstd") else None

    def unfold(self, chunks: list[bytes], limit: int) -> Plain | None:
        """What each chunk adds to the body; None when that is more than `limit` bytes.

        A broken body is read up to the break. A body that ends early is whole.
        """
        if self.name == "identity":
            return Plain(chunks, whole=True)
        unfolder: _Unfolder = _Zstd() if self.name == "zstd" else _Zlib(self.name)
        plain: list[bytes] = [b""] * len(chunks)
        for index, chunk in enumerate(chunks):
            pieces: list[bytes] = []
            try:
                for piece in unfolder.feed(chunk):
                    pieces.append(piece)
                    limit -= len(piece)
                    if limit < 0:
                        return None
            except (zlib.error, zstandard.ZstdError):
                plain[index] = b"".join(pieces)
                return Plain(plain, whole=False)
            plain[index] = b"".join(pieces)
        return Plain(plain, whole=True)

    def fold(self, chunks: list[bytes]) -> list[bytes]:
        """The chunks in this coding; each can be unfolded when it has arrived."""
        if self.name == "identity":
            return chunks
        folded = list(_zstd(chunks) if self.name == "zstd" else _zlib(chunks, self.name))
        return [*folded[:-2], folded[-2] + folded[-1]]


class _Zlib:
    def __init__(self, name: str) -> None:
        self._name = name
        self._inner: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._inner is None:
                self._inner = zlib.decompressobj(self._wbits(data))
            yield self._inner.decompress(data, _PIECE)
            data = self._inner.unconsumed_tail
            if self._inner.eof:  # RFC 1952 allows several members in a row
                data = self._inner.unused_data
                self._inner = None

    def _wbits(self, data: bytes) -> int:
        if self._name == "gzip":
            return _GZIP
        # Some servers send raw deflate where RFC 9110 wants the zlib format around it.
        is_zlib = data[0] & 0x0F == zlib.DEFLATED and data[0] >> 4 <= zlib.MAX_WBITS - 8
        return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


class _Zstd:
    def __init__(self) -> None:
        self._inner: zstandard.ZstdDecompressionObj | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        for at in range(0, len(data), _ZSTD_BITE):
            bite = data[at : at + _ZSTD_BITE]
            while bite:
                if self._inner is None:
                    reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
                    self._inner = reader.decompressobj()
                yield self._inner.decompress(bite)
                bite = self._inner.unused_data if self._inner.eof else b""
                if self._inner.eof:
                    self._inner = None


def _zlib(chunks: list[bytes], name: str) -> Iterator[bytes]:
    inner = zlib.compressobj(wbits=_GZIP if name == "gzip" else zlib.MAX_WBITS)
    for chunk in chunks:
        yield inner.compress(chunk) + inner.flush(zlib.Z_SYNC_FLUSH) if chunk else b""
    yield inner.flush()


def _zstd(chunks: list[bytes]) -> Iterator[bytes]:
    inner = zstandard.ZstdCompressor(level=3).compressobj()
    for chunk in chunks:
        block = zstandard.COMPRESSOBJ_FLUSH_BLOCK
        yield inner.compress(chunk) + inner.flush(block) if chunk else b""
    yield inner.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH)

"""Bodies as slices: cut where items end, each slice known by its content. Pure.

A Codex session sends its whole conversation with every request, so that most slices of a body are
those of the body before it. A slice is known by its BLAKE2b-128 digest, which DuckDB keeps as a
UUID; a body by the digest over its slices' digests (or by its only slice's).
"""

import hashlib
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

import zstandard

DIGEST_BYTES = 16
COMPRESS_FROM = 32 << 10  # bytes; smaller slices are compressed together, by the column
LEVEL = 3
REMEMBER_FROM = 8 << 10  # bytes; hashing a smaller body again costs less than looking it up
REMEMBER_BYTES = 32 << 20  # of the last bodies of sessions, together


class Codec(StrEnum):
    """How a slice's bytes are held."""

    RAW = "raw"
    ZSTD = "zstd"


@dataclass(frozen=True, slots=True)
class Split:
    """A body cut into slices: slice i is `body[ends[i - 1]:ends[i]]`. An empty body has none."""

    body: bytes
    ends: tuple[int, ...]
    digests: tuple[bytes, ...]

    @property
    def body_id(self) -> bytes:
        """The body's content hash, 16 bytes."""
        if len(self.digests) == 1:
            return self.digests[0]
        return digest(b"".join(self.digests))

    def data(self, index: int) -> bytes:
        """The bytes of one slice."""
        start = self.ends[index - 1] if index else 0
        return self.body[start : self.ends[index]]

    def holding(self, end: int) -> int:
        """The index of the slice in which something that ends at `end` lies."""
        return min(bisect_left(self.ends, end), len(self.ends) - 1)


def digest(data: bytes) -> bytes:
    """BLAKE2b-128, RFC 7693."""
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()


def split(body: bytes, boundaries: Sequence[int] = (), previous: Split | None = None) -> Split:
    """Cuts a body at its boundaries; offsets outside it or out of order are passed over.

    previous: the same session's body before this one; what both begin with is not hashed again.
    """
    if not body:
        return Split(body, (), ())
    ends = _ends(boundaries, len(body))
    shared = _shared(body, ends, previous) if previous is not None else 0
    digests = list(previous.digests[:shared]) if previous is not None else []
    start = ends[shared - 1] if shared else 0
    for end in ends[shared:]:
        digests.append(digest(body[start:end]))
        start = end
    return Split(body, tuple(ends), tuple(digests))


def _ends(boundaries: Sequence[int], size: int) -> list[int]:
    ends: list[int] = []
    last = 0
    for boundary in boundaries:
        if last < boundary < size:
            ends.append(boundary)
            last = boundary
    ends.append(size)
    return ends


def _shared(body: bytes, ends: Sequence[int], previous: Split) -> int:
    """How many leading slices both bodies have in common."""
    pairs = zip(ends, previous.ends, strict=False)
    count = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    while count and not body.startswith(previous.body[: ends[count - 1]]):
        count //= 2
    return count


def compress(data: bytes, compressor: zstandard.ZstdCompressor) -> tuple[Codec, bytes]:
    """The bytes as kept: zstd where that is smaller."""
    if len(data) >= COMPRESS_FROM:
        smaller = compressor.compress(data)
        if len(smaller) < len(data):
            return Codec.ZSTD, smaller
    return Codec.RAW, data


def join(parts: Iterable[tuple[str, int, bytes]]) -> bytes:
    """A body from its slices in order, each as (codec, size, data).

    Raises:
        ValueError: a slice does not unfold to its size.
    """
    decompressor = zstandard.ZstdDecompressor()
    return b"".join(_unfold(decompressor, *part) for part in parts)


def _unfold(decompressor: zstandard.ZstdDecompressor, codec: str, size: int, data: bytes) -> bytes:
    try:
        whole = decompressor.decompress(data, max(size, 1)) if codec == Codec.ZSTD else data
    except zstandard.ZstdError as error:
        raise ValueError(f"a slice of {size} bytes cannot be unfolded: {error}") from error
    if len(whole) != size:
        raise ValueError(f"a slice has {len(whole)} bytes instead of {size}")
    return whole


class Sessions:
    """The last large body of each session, within a limit of bytes; the oldest go first."""

    def __init__(self, limit_bytes: int = REMEMBER_BYTES) -> None:
        self._limit = limit_bytes
        self._held = 0
        self._last: OrderedDict[str, Split] = OrderedDict()

    def split(self, session: str | None, body: bytes, boundaries: Sequence[int]) -> Split:
        """Cuts a body with the help of the one that the session sent before it."""
        if session is None or len(body) < REMEMBER_FROM:
            return split(body, boundaries)
        previous = self._last.pop(session, None)
        result = split(body, boundaries, previous)
        self._held += len(body) - (len(previous.body) if previous else 0)
        self._last[session] = result
        while self._held > self._limit and self._last:
            _, dropped = self._last.popitem(last=False)
            self._held -= len(dropped.body)
        return result

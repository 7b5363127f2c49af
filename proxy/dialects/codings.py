"""Content codings undone, with a cap on what comes out.

A kilobyte of gzip or zstd can hold gigabytes, so every decoder here is asked for a bounded piece
at a time and stopped at the cap. Codings: RFC 9110 section 8.4; zstd windows up to 8 MiB as in
RFC 9659. What cannot be decoded (an unknown coding such as br) is left as it is.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Protocol, cast

from driftgate.proxy.record import Chunk

PIECE = 1 << 16
ZSTD_WINDOW = 8 << 20  # bytes
MAX_CODINGS = 4  # more of them, one over the other, are an attack

_KNOWN = frozenset({"gzip", "x-gzip", "deflate", "zstd"})
_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's window bits for each framing


@dataclass(frozen=True, slots=True)
class Decoded:
    """Decoded pieces, each with the offset of the chunk that completed it.

    complete: False where the input was cut or corrupt, the cap was reached, or the coding is
        unknown; `chunks` then holds what could be decoded.
    """

    chunks: list[Chunk]
    complete: bool

    def joined(self) -> bytes:
        """All pieces as one."""
        return b"".join([chunk.data for chunk in self.chunks])


class _Stage(Protocol):
    broken: bool

    def read(self, size: int = ..., /) -> bytes: ...


def codings_of(header: str | None) -> tuple[str, ...]:
    """The codings of a content-encoding header, in the order in which they were applied."""
    if not header:
        return ()
    names = (name.strip().lower() for name in header.split(","))
    return tuple(name for name in names if name and name != "identity")


def decode(data: bytes, header: str | None, limit: int) -> tuple[bytes, bool]:
    """The decoded data, at most `limit` bytes of it, and whether it is complete."""
    if not header or not codings_of(header):
        return data, True
    decoded = decode_chunks([Chunk(0, data)], header, limit)
    return decoded.joined(), decoded.complete


def decode_chunks(chunks: list[Chunk], header: str | None, limit: int) -> Decoded:
    """The decoded chunks, at most `limit` bytes of them; as they are without a coding."""
    names = codings_of(header)
    if not names:
        return Decoded(chunks, True)
    if len(names) > MAX_CODINGS or not _KNOWN.issuperset(names):
        return Decoded(chunks, False)
    source = _Source(chunks)
    stages: list[_Stage] = [source]
    for name in reversed(names):
        stages.append(_Unzstd(stages[-1]) if name == "zstd" else _Inflate(stages[-1], name))
    pieces = _drained(source, stages[-1], limit)
    return Decoded(pieces[0], pieces[1] and not any(stage.broken for stage in stages))


def _drained(source: "_Source", stage: _Stage, limit: int) -> tuple[list[Chunk], bool]:
    pieces: list[Chunk] = []
    left = limit
    while left > 0:
        data = stage.read(min(left, PIECE))
        if not data:
            return pieces, True
        left -= len(data)
        pieces.append(Chunk(source.offset_ns, data))
    return pieces, not stage.read(1)


class _Source:
    """The chunks as a file; a read never crosses a chunk's end."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self.offset_ns = 0
        self.broken = False
        self._chunks = chunks
        self._index = 0
        self._at = 0

    def read(self, size: int = PIECE, /) -> bytes:
        while self._index < len(self._chunks):
            chunk = self._chunks[self._index]
            data = chunk.data[self._at : self._at + max(size, 1)]
            if data:
                self._at += len(data)
                self.offset_ns = chunk.offset_ns
                return data
            self._index, self._at = self._index + 1, 0
        return b""


class _Inflate:
    """gzip of one or more members, or deflate with or without zlib's framing (both are sent)."""

    def __init__(self, source: _Stage, name: str) -> None:
        self.broken = False
        self._source = source
        self._bits = _ZLIB if name == "deflate" else _GZIP
        self._inflate = zlib.decompressobj(self._bits)
        self._pending = b""
        self._seen: bytes | None = b"" if name == "deflate" else None  # until the framing is known
        self._started = False

    def read(self, size: int = PIECE, /) -> bytes:
        while not self.broken:
            data = self._pending or self._source.read(PIECE)
            if not data:
                self.broken = self._started and not self._inflate.eof
                return b""
            out = self._step(data, size)
            if out:
                return out
        return b""

    def _step(self, data: bytes, size: int) -> bytes:
        if self._inflate.eof:
            if self._bits != _GZIP:
                self._pending, self.broken = b"", True  # bytes after the end
                return b""
            self._inflate = zlib.decompressobj(self._bits)
        self._started = True
        if self._seen is not None:
            self._seen += data
        try:
            out = self._inflate.decompress(data, size)
        except zlib.error:
            return self._raw(size)
        self._pending = self._inflate.unconsumed_tail or self._inflate.unused_data
        if out:
            self._seen = None
        return out

    def _raw(self, size: int) -> bytes:
        seen, self._seen = self._seen, None
        if seen is None:
            self.broken = True
            return b""
        self._bits = _RAW
        self._inflate = zlib.decompressobj(_RAW)
        return self._step(seen, size)


class _Unzstd:
    """zstd frames, one after the other."""

    def __init__(self, source: _Stage) -> None:
        import zstandard  # noqa: PLC0415 - loaded only when a body is zstd: it costs 10 ms

        self.broken = False
        self._error = zstandard.ZstdError
        decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
        self._whole = _ZstdEnd(source)
        self._reader = decompressor.stream_reader(
            cast("IO[bytes]", self._whole), read_across_frames=True
        )

    def read(self, size: int = PIECE, /) -> bytes:
        if self.broken:
            return b""
        try:
            data = self._reader.read1(size)
        except (self._error, MemoryError):
            self.broken = True
            return b""
        if not data:
            self.broken = not self._whole.at_end()
        return data


class _ZstdEnd:
    """Hands bytes on and follows the frames, because the decoder does not say if one was cut.

    Frame and block headers: RFC 8878 sections 3.1.1 and 3.1.2.
    """

    _MAGIC = 0xFD2FB528
    _SKIPPABLE = 0x184D2A50
    _MAX_HEADERS = 200_000  # more of them are an attack on the time spent here

    def __init__(self, source: _Stage) -> None:
        self._source = source
        self._skip = 0  # bytes to pass over
        self._head = b""  # of a header that is not complete
        self._in_frame = False
        self._checksum = 0
        self._lost = False
        self._headers = 0

    def read(self, size: int = PIECE, /) -> bytes:
        data = self._source.read(size)
        at = 0
        while at < len(data) and not self._lost:
            step = min(self._skip, len(data) - at)
            self._skip -= step
            at += step
            if at < len(data):
                self._head += data[at : at + 1]
                at += 1
                self._header()
        return data

    def at_end(self) -> bool:
        return not (self._skip or self._head or self._in_frame or self._lost)

    def _header(self) -> None:
        head = self._head
        if self._in_frame:
            if len(head) == 3:  # noqa: PLR2004 - a block header's bytes
                self._block(int.from_bytes(head, "little"))
            return
        if len(head) < 5:  # noqa: PLR2004 - magic number and frame header descriptor
            return
        magic = int.from_bytes(head[:4], "little")
        if magic == self._MAGIC:
            self._frame(head[4])
        elif magic & 0xFFFFFFF0 == self._SKIPPABLE:
            if len(head) == 8:  # noqa: PLR2004 - magic number and size
                self._skip, self._head = int.from_bytes(head[4:], "little"), b""
        else:
            self._lost = True

    def _frame(self, descriptor: int) -> None:
        single = descriptor >> 5 & 1
        size_bytes = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
        self._skip = (0 if single else 1) + (0, 1, 2, 4)[descriptor & 3] + size_bytes
        self._checksum = 4 if descriptor >> 2 & 1 else 0
        self._in_frame, self._head = True, b""

    def _block(self, header: int) -> None:
        self._headers += 1
        self._lost = self._headers > self._MAX_HEADERS
        last, kind, size = header & 1, header >> 1 & 3, header >> 3
        self._head = b""
        self._skip = 1 if kind == 1 else size  # a run-length block is one byte
        if last:
            self._skip += self._checksum
            self._in_frame = False

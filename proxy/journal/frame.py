"""The journal's frame: how one is written, and how a segment is parsed back. Pure.

    magic    4  b"DGF1"      finds the next frame after damage
    length   4  little endian, bytes of data
    crc      4  CRC-32 (zlib) of everything after this field
    kind     1  a letter of `Kind`
    call     16 the call's id, zeros for what belongs to no call
    at       8  nanoseconds since the Unix epoch
    data     length bytes

Length plus checksum is the frame of LevelDB's log; the magic is added so that a reader can go on
after a damaged frame whose length cannot be trusted.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

MAGIC = b"DGF1"
_HEAD = struct.Struct("<4sII")
_BODY = struct.Struct("<B16sQ")
HEAD_BYTES = _HEAD.size
OVERHEAD = _HEAD.size + _BODY.size
DATA_LIMIT = 1 << 30  # a length above this is damage, not data
NO_CALL = bytes(16)


class Kind(IntEnum):
    """What a frame holds; the letters make a segment readable in a hex dump."""

    REQUEST = ord("Q")  # request head (see `head`), then the first bytes of the body
    REQUEST_BODY = ord("q")  # more of the body
    RESPONSE = ord("H")  # response head
    CHUNK = ord("R")  # response body, as one network read gave it
    TRAILERS = ord("T")
    FROM_CLIENT = ord("w")  # websocket bytes
    FROM_UPSTREAM = ord("W")
    END = ord("E")  # the terminal record
    ATTEMPT = ord("A")  # a try at an upstream begins (see `attempt`), then the body as sent
    ATTEMPT_RESPONSE = ord("a")  # response head of the attempt that began last
    ATTEMPT_CHUNK = ord("c")  # its response body, as one network read gave it
    ATTEMPT_END = ord("e")  # how it ended, and its verdict
    JUDGED = ord("J")  # the verdict on what the client got, JSON
    REPLAYED = ord("P")  # the call is no live one: its run, arm and original (see `head`)
    CONFIG = ord("C")  # driftgate's own configuration, JSON
    EVENT = ord("V")  # kind, newline, JSON


_KINDS = frozenset(int(kind) for kind in Kind)


@dataclass(slots=True)  # not frozen: that makes it three times as slow to make
class Frame:
    """One frame and the offset at which it begins in its segment."""

    kind: int
    call_id: bytes
    at_ns: int
    data: bytes
    offset: int

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.offset + OVERHEAD + len(self.data)


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no frame: [start, end) of the segment."""

    start: int
    end: int


def pack(kind: int, call_id: bytes, at_ns: int, data: bytes) -> tuple[bytes, bytes]:
    """The frame as (head, data), ready for a gathering write: the data is not copied."""
    body = _BODY.pack(kind, call_id, at_ns)
    crc = zlib.crc32(data, zlib.crc32(body))
    return _HEAD.pack(MAGIC, len(data), crc) + body, data


def parse(buffer: bytes, base: int = 0, *, final: bool = False) -> Iterator[Frame | Damage]:
    """Frames and damage of `buffer`, which begins at offset `base` of its segment.

    Stops before an incomplete frame at the end, which may still be growing; when `final` (the
    writer is dead) that rest is Damage too.
    """
    position = 0
    while position < len(buffer):
        frame = _frame_at(buffer, position, base)
        if isinstance(frame, Frame):
            yield frame
            position += OVERHEAD + len(frame.data)
            continue
        if frame is None and not final:
            return
        following = _next_frame(buffer, position + 1)
        if following is None and not final:
            return  # the damage may end in bytes that have not come yet
        end = len(buffer) if following is None else following
        yield Damage(base + position, base + end)
        position = end


def _frame_at(buffer: bytes, position: int, base: int) -> Frame | bool | None:
    """The frame; None where more bytes are needed; False where there is none."""
    if len(buffer) - position < OVERHEAD:
        start = buffer[position : position + len(MAGIC)]
        return None if MAGIC.startswith(start) else False
    magic, length, crc = _HEAD.unpack_from(buffer, position)
    if magic != MAGIC or length > DATA_LIMIT:
        return False
    end = position + OVERHEAD + length
    if end > len(buffer):
        return None
    if zlib.crc32(memoryview(buffer)[position + HEAD_BYTES : end]) != crc:
        return False
    kind, call_id, at_ns = _BODY.unpack_from(buffer, position + HEAD_BYTES)
    if kind not in _KINDS:
        return False
    return Frame(kind, call_id, at_ns, buffer[position + OVERHEAD : end], base + position)


def _next_frame(buffer: bytes, start: int) -> int | None:
    """Where the next whole, sound frame begins."""
    position = buffer.find(MAGIC, start)
    while position >= 0:
        if isinstance(_frame_at(buffer, position, 0), Frame):
            return position
        position = buffer.find(MAGIC, position + 1)
    return None

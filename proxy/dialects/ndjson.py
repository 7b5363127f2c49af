"""Newline-delimited JSON, read as it arrives (https://github.com/ndjson/ndjson-spec).

Gives lines, not values: a line that is not JSON is the dialect's to judge.
"""

from typing import NamedTuple

from driftgate.proxy.record import Chunk


class Line(NamedTuple):
    """One line that is not blank. `offset_ns` is the offset of the chunk that completed it."""

    offset_ns: int
    data: bytes


class NdjsonReader:
    """Turns chunks, split at any byte, into lines. A carriage return before the end is dropped."""

    __slots__ = ("_offset", "_partial")

    def __init__(self) -> None:
        self._partial: list[bytes] = []
        self._offset = 0

    def feed(self, data: bytes, offset_ns: int) -> list[Line]:
        """The lines that this chunk completes."""
        if not data:
            return []
        self._offset = offset_ns
        first, *rest = data.split(b"\n")
        self._partial.append(first)
        if not rest:
            return []
        complete = [b"".join(self._partial), *rest[:-1]]
        self._partial = [rest[-1]]
        return [Line(offset_ns, line) for raw in complete if (line := raw.strip())]

    def close(self) -> list[Line]:
        """The last line, when the stream ended without a line feed."""
        line = b"".join(self._partial).strip()
        self._partial.clear()
        return [Line(self._offset, line)] if line else []


def read_lines(chunks: list[Chunk]) -> list[Line]:
    """All lines of a stream."""
    reader = NdjsonReader()
    lines: list[Line] = []
    for chunk in chunks:
        lines += reader.feed(chunk.data, chunk.offset_ns)
    return lines + reader.close()

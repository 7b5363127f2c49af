"""Server-Sent Events, read as they arrive.

Follows the WHATWG event stream format (https://html.spec.whatwg.org/multipage/server-sent-events.html),
with one leniency: an event whose closing blank line never came is still given by `close`.
"""

from typing import NamedTuple

from driftgate.proxy.record import Chunk

_BOM = b"\xef\xbb\xbf"
_LF = 0x0A
_COLON = 0x3A
_FIELDS = frozenset([b"data", b"event", b"id", b"retry"])
_SHOWN = 60  # bytes of a line that is shown


class Event(NamedTuple):
    """One event. `offset_ns` is the offset of the chunk that completed it."""

    offset_ns: int
    kind: str  # the `event:` field; "" where there was none
    data: bytes  # the `data:` lines, joined by line feeds
    last_id: str = ""  # the `id:` field


class SseReader:
    """Turns chunks, split at any byte, into events. Never raises, whatever the bytes are.

    malformed: the first line that is no field of the format, shown; None where all are.
    """

    __slots__ = ("_after_cr", "_data", "_fresh", "_id", "_kind", "_offset", "_partial", "malformed")

    def __init__(self) -> None:
        self._partial: list[bytes] = []
        self._data: list[bytes] = []
        self._kind = b""
        self._id = b""
        self._after_cr = False
        self._fresh = True
        self._offset = 0
        self.malformed: str | None = None

    def feed(self, data: bytes, offset_ns: int) -> list[Event]:
        """The events that this chunk completes."""
        if not data:
            return []
        self._offset = offset_ns
        if self._after_cr and data[0] == _LF:
            data = data[1:]
        self._after_cr = data.endswith(b"\r") if data else False
        lines = data.splitlines()
        if not lines:
            return []
        open_line = not data.endswith((b"\n", b"\r"))
        if open_line and len(lines) == 1:
            self._partial.append(data)
            return []
        if self._partial:
            lines[0] = b"".join((*self._partial, lines[0]))
            self._partial.clear()
        if open_line:
            self._partial.append(lines.pop())
        return self._lines(lines)

    def close(self) -> list[Event]:
        """The event that was under way when the stream ended, if it has data."""
        if self._partial:
            line = b"".join(self._partial)
            self._partial.clear()
            malformed = self.malformed
            events = self._lines([line, b""])
            self.malformed = malformed  # half a line is cut, not malformed
            return events
        return self._lines([b""])

    def _lines(self, lines: list[bytes]) -> list[Event]:
        if self._fresh:
            self._fresh = False
            lines[0] = lines[0].removeprefix(_BOM)
        events = []
        for line in lines:
            if not line:
                if self._data:
                    events.append(self._event())
                self._kind = b""
            elif line.startswith(b"data: "):
                self._data.append(line[6:])
            elif line[0] != _COLON:
                self._field(line)
        return events

    def _event(self) -> Event:
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        self._data.clear()
        kind = self._kind.decode("utf-8", "replace") if self._kind else ""
        last_id = self._id.decode("utf-8", "replace") if self._id else ""
        return Event(self._offset, kind, data, last_id)

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._kind = value
        elif name == b"id" and b"\0" not in value:
            self._id = value
        elif name not in _FIELDS and self.malformed is None:
            self.malformed = repr(line[:_SHOWN])


class Events(list[Event]):
    """The events of a stream. malformed: as in SseReader."""

    malformed: str | None = None


def read_events(chunks: list[Chunk]) -> Events:
    """All events of a stream."""
    reader = SseReader()
    events = Events()
    for chunk in chunks:
        events += reader.feed(chunk.data, chunk.offset_ns)
    events += reader.close()
    events.malformed = reader.malformed
    return events

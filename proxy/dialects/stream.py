"""What a stream says, as it comes: bytes to the text, reasoning and tools in them.

For judging an answer that is under way. The whole answer is the assemblers' to give; this reader
keeps no text, and agrees with them on what a stream says, however its bytes are split.
"""

import re
from typing import Any, Protocol

from driftgate.proxy.dialects.lenient import parse
from driftgate.proxy.dialects.ndjson import Line, NdjsonReader
from driftgate.proxy.dialects.sse import Event, SseReader
from driftgate.proxy.dialects.stream_capped import LIMIT, Capped
from driftgate.proxy.dialects.stream_chat import ChatPieces, OllamaPieces
from driftgate.proxy.dialects.stream_piece import NOTHING, Piece, joined
from driftgate.proxy.dialects.stream_responses import ResponsesPieces

__all__ = ["Piece", "StreamReader"]

_SSE_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:data|event|id|retry|):")
_SNIFFED = 16  # bytes without which the kind of a stream may be unknown


class _Pieces(Protocol):
    def take(self, event: Any, /) -> Piece: ...

    def end(self) -> Piece: ...


class _Framing(Protocol):
    def feed(self, data: bytes, offset_ns: int, /) -> "list[Event] | list[Line]": ...

    def close(self) -> "list[Event] | list[Line]": ...


class StreamReader:
    """Reads one answer without a content coding. Never raises.

    content_type: of the answer; where it names no stream, the first bytes tell. A body of plain
        JSON gives nothing.
    limit: bytes; what is beyond it in one event is dropped, and the event with it.
    """

    def __init__(self, dialect: str, content_type: str = "", *, limit: int = LIMIT) -> None:
        self._ollama = dialect.startswith("ollama")
        self._pieces = _pieces(dialect)
        self._limit = limit
        self._head: bytes | None = b""  # until it is known what comes
        self._framing: _Framing | None = None
        self._capped = Capped(lines=False)
        kind = content_type.strip().lower()
        if kind.startswith("text/event-stream"):
            self._begin(SseReader(), lines=False)
        elif kind.startswith("application/x-ndjson"):
            self._begin(NdjsonReader(), lines=True)

    def feed(self, data: bytes) -> Piece:
        """What these bytes complete."""
        if self._head is not None:
            data, self._head = self._head + data, self._head + data
            self._sniff(data)
            if self._head is not None:
                return NOTHING
        return self._read(data)

    def end(self) -> Piece:
        """What was still open when the answer ended."""
        if self._head is not None:
            head = self._head
            self._decide(head)
            read = self._read(head)
        else:
            read = NOTHING
        rest = self._framing.close() if self._framing else []
        return joined([read, *self._taken(rest), self._pieces.end()])

    def _sniff(self, head: bytes) -> None:
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
        if start[:1] in (b"{", b"[") or len(start) >= _SNIFFED or b":" in start:
            self._decide(head)
        elif len(head) > self._limit:
            self._head = b""  # white space alone

    def _decide(self, head: bytes) -> None:
        self._head = None
        if _SSE_START.match(head):
            self._begin(SseReader(), lines=False)
        elif self._ollama:
            self._begin(NdjsonReader(), lines=True)

    def _begin(self, framing: _Framing, *, lines: bool) -> None:
        self._head = None
        self._framing = framing
        self._capped = Capped(lines=lines, limit=self._limit)

    def _read(self, data: bytes) -> Piece:
        if self._framing is None or not data:
            return NOTHING
        return joined(self._taken(self._framing.feed(self._capped.feed(data), 0)) or [NOTHING])

    def _taken(self, events: "list[Event] | list[Line]") -> list[Piece]:
        return [self._pieces.take(parse(event.data)) for event in events]


def _pieces(dialect: str) -> _Pieces:
    if dialect == "responses":
        return ResponsesPieces()
    return OllamaPieces() if dialect.startswith("ollama") else ChatPieces()

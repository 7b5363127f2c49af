"""HTTP/1.1 answers on the wire: heads, and where a body ends. Pure; clauses are RFC 9112's.

Nothing is re-serialised: a framing says how many of the bytes at hand belong to the body (they
are forwarded as they are) and which of them are payload (they are recorded).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

HEAD_LIMIT = 256 << 10  # bytes; nginx stops at 32 KB, Go at 1 MB
LINE_LIMIT = 16 << 10  # of a chunk's size line or of a trailer line

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: ([^\x00\r]*))?")
_HEAD_END = re.compile(rb"\n\r?\n")
_LENGTH = re.compile(rb"[0-9]{1,19}")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_BAD_VALUE = re.compile(rb"[\x00\r]")
_BAD_LINE = re.compile(rb"[\x00\r\n]")  # of bytes that are passed on as they came

Pair = tuple[bytes, bytes]


class WireError(Exception):
    """What came is not HTTP/1.1; the message says what."""


def index(pairs: Iterable[Pair]) -> dict[bytes, bytes]:
    """Lower-case name -> the field's value, several ones joined by commas (RFC 9110, 5.3)."""
    found: dict[bytes, bytes] = {}
    for name, value in pairs:
        key = name.lower()
        found[key] = found[key] + b"," + value if key in found else value
    return found


@dataclass(slots=True)
class Head:
    """An answer's status line and header, values as sent (surrounding white space removed)."""

    minor: int  # the 1 of HTTP/1.1
    status: int
    reason: bytes
    pairs: list[Pair]
    fields: dict[bytes, bytes] = field(init=False)  # the index of `pairs`

    def __post_init__(self) -> None:
        self.fields = index(self.pairs)

    def keeps_alive(self) -> bool:
        """Whether the connection takes another request behind this answer (section 9.3)."""
        value = self.fields.get(b"connection")
        if value is None:
            return self.minor >= 1
        options = {token.strip(b" \t") for token in value.lower().split(b",")}
        return b"close" not in options and (self.minor >= 1 or b"keep-alive" in options)


def find_head(buffer: bytes | bytearray) -> tuple[int, int] | None:
    """(end of the head, start of what follows), or None where it is not whole yet.

    A bare LF ends a line too (section 2.2): to the client all lines are sent with CRLF.
    """
    if found := _HEAD_END.search(buffer):
        end = found.start()
        return end - (buffer[end - 1 : end] == b"\r"), found.end()
    if len(buffer) > HEAD_LIMIT:
        raise WireError(f"the answer's header is longer than {HEAD_LIMIT >> 10} KB")
    if not b"HTTP/1."[: len(buffer)] == buffer[:7]:
        raise WireError(f"the answer begins with {bytes(buffer[:20])!r}, not with HTTP/1.1")
    return None


def parse_head(raw: bytes) -> Head:
    """Reads a head, without its closing empty line.

    Raises:
        WireError: it is malformed; passing it on could desynchronise the client.
    """
    lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    found = _STATUS.fullmatch(lines[0])
    if found is None:
        raise WireError(f"the answer begins with {lines[0][:40]!r}, not with an HTTP/1.1 status")
    return Head(int(found[1]), int(found[2]), found[3] or b"", parse_fields(lines[1:]))


def parse_fields(lines: list[bytes]) -> list[Pair]:
    """Header or trailer lines as (name, value)."""
    pairs: list[Pair] = []
    for line in lines:
        if _BAD_VALUE.search(line):
            raise WireError(f"the answer has a malformed header line: {line[:60]!r}")
        if line[:1] in (b" ", b"\t") and pairs:  # obs-fold, section 5.2: replaced by a space
            pairs[-1] = (pairs[-1][0], pairs[-1][1] + b" " + line.strip(b" \t"))
            continue
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            raise WireError(f"the answer has a malformed header line: {line[:60]!r}")
        pairs.append((name, value.strip(b" \t")))
    return pairs


class Fed(NamedTuple):
    """What a framing says of the bytes it was fed.

    used: how many of them belong to this answer; payload: the body bytes among them.
    """

    used: int
    payload: bytes
    done: bool


class Framing(Protocol):
    """Where an answer's body ends."""

    trailers: list[Pair]

    def feed(self, data: bytes) -> Fed:
        """Takes the next bytes; raises WireError where they break the framing."""

    def eof(self) -> bool:
        """Whether the connection's end is the body's proper end."""


class NoBody:
    """HEAD, 1xx, 204, 304 (section 6.3, rule 1)."""

    def __init__(self) -> None:
        self.trailers: list[Pair] = []

    def feed(self, data: bytes) -> Fed:
        """Nothing belongs to it."""
        del data
        return Fed(0, b"", True)

    def eof(self) -> bool:
        """It has ended already."""
        return True


class Sized:
    """Content-Length (rule 6)."""

    def __init__(self, length: int) -> None:
        self.trailers: list[Pair] = []
        self._left = length

    def feed(self, data: bytes) -> Fed:
        """Counts."""
        if len(data) > self._left:
            data = data[: self._left]
        self._left -= len(data)
        return Fed(len(data), data, self._left == 0)

    def eof(self) -> bool:
        """Only when all has come."""
        return self._left == 0


class UntilClose:
    """Neither length nor chunks: the connection's end is the body's (rule 8)."""

    def __init__(self) -> None:
        self.trailers: list[Pair] = []

    def feed(self, data: bytes) -> Fed:
        """All of it."""
        return Fed(len(data), data, False)

    def eof(self) -> bool:
        """That is how it ends."""
        return True


class Chunked:
    """The chunked coding (section 7.1): finds the payload, and the end behind the trailers."""

    def __init__(self) -> None:
        self.trailers: list[Pair] = []
        self._left = 0  # bytes of the current chunk still to come
        self._tail = b""  # what must follow the chunk's data
        self._line = b""  # a size or trailer line whose end has not come
        self._ended = False  # the last chunk was seen: trailers
        self._lines: list[bytes] = []
        self._done = False

    def feed(self, data: bytes) -> Fed:
        """Walks chunk by chunk; tolerates any split."""
        position, size = 0, len(data)
        payload: list[bytes] = []
        while position < size and not self._done:
            if self._left:
                piece = data[position : position + self._left]
                payload.append(piece)
                position += len(piece)
                self._left -= len(piece)
            elif self._tail:
                if data[position] != self._tail[0]:
                    raise WireError("a chunk of the answer is longer than it says")
                self._tail = self._tail[1:]
                position += 1
            else:
                position = self._take_line(data, position)
        return Fed(position, payload[0] if len(payload) == 1 else b"".join(payload), self._done)

    def eof(self) -> bool:
        """Only behind the last chunk and its trailers."""
        return self._done

    def _take_line(self, data: bytes, position: int) -> int:
        end = data.find(b"\r\n", position) if not self._line else -1
        if end >= 0:
            self._end_line(data[position:end])
            return end + 2
        return self._take_split_line(data, position)

    def _take_split_line(self, data: bytes, position: int) -> int:
        """A line that comes in several reads, perhaps split between CR and LF."""
        before = len(self._line)
        joined = self._line + data[position:]
        end = joined.find(b"\r\n")
        if end < 0:
            if len(joined) > LINE_LIMIT or b"\n" in joined:
                raise WireError("the answer has an endless chunk size line")
            self._line = joined
            return len(data)
        self._line = b""
        self._end_line(joined[:end])
        return position + end + 2 - before

    def _end_line(self, line: bytes) -> None:
        if _BAD_LINE.search(line):  # a client that ends lines at LF would read something else
            raise WireError(f"the answer has a malformed chunk line: {line[:40]!r}")
        if not self._ended:
            self._left = _chunk_size(line)
            self._ended = self._left == 0
            self._tail = b"" if self._ended else b"\r\n"
        elif line:
            self._lines.append(line)
            if len(self._lines) > 128:  # noqa: PLR2004 - aiohttp's own limit for headers
                raise WireError("the answer has endless trailers")
        else:
            self.trailers = parse_fields(self._lines)
            self._done = True


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip(b" \t")  # extensions are passed on, not read
    if not digits or len(digits) > 16 or digits.strip(b"0123456789abcdefABCDEF"):  # noqa: PLR2004
        raise WireError(f"the answer has a malformed chunk size: {line[:40]!r}")
    return int(digits, 16)


def framing_of(head: Head, method: str) -> Framing:
    """How the body of this answer ends, by the rules of section 6.3 in their order."""
    if method == "HEAD" or head.status < 200 or head.status in (204, 304):  # noqa: PLR2004
        return NoBody()
    codings = head.fields.get(b"transfer-encoding", b"").strip(b" \t").lower()
    if codings not in (b"", b"identity"):  # RFC 2616 had a name for none
        if codings != b"chunked":
            # the field is hop-by-hop: the client would take the coded bytes for the body
            raise WireError("the answer has a transfer coding that nobody asked for")
        return Chunked()
    stated = head.fields.get(b"content-length")
    if stated is None:
        return UntilClose()
    lengths = {part.strip(b" \t") for part in stated.split(b",")}
    length = lengths.pop()
    if lengths or not _LENGTH.fullmatch(length):
        raise WireError("the answer's Content-Length is malformed")
    return Sized(int(length))

"""Websocket byte streams to messages (RFC 6455, permessage-deflate of RFC 7692).

Both directions are read as recorded, split at any byte. What breaks the protocol ends the reading
of that direction; the other one goes on.
"""

import zlib
from collections.abc import Iterable
from typing import NamedTuple

_CONTINUATION, _TEXT, _BINARY = 0x0, 0x1, 0x2
_CONTROL = 0x8  # and above: close, ping, pong
_KINDS = {_TEXT: "text", _BINARY: "binary", 0x8: "close", 0x9: "ping", 0xA: "pong"}
_TAIL = b"\x00\x00\xff\xff"  # a sender leaves it out (RFC 7692 section 7.2.2)
_HEADER = 14  # bytes of the longest frame header
_LENGTH_16, _LENGTH_64 = 126, 127
_RAW = -15  # any smaller window decodes with the largest


class Message(NamedTuple):
    """One whole message. `offset_ns` is when its last byte came."""

    offset_ns: int
    from_client: bool
    kind: str  # "text", "binary", "close", "ping", "pong"
    data: bytes


class Extensions(NamedTuple):
    """What the answer's sec-websocket-extensions header has settled."""

    deflate: bool = False
    client_takeover: bool = True
    server_takeover: bool = True


def extensions_of(header: str | None) -> Extensions:
    """Reads the header of the 101 answer."""
    for offer in (header or "").split(","):
        name, *parameters = (part.strip().lower() for part in offer.split(";"))
        if name == "permessage-deflate":
            words = {parameter.partition("=")[0].strip() for parameter in parameters}
            return Extensions(
                True,
                "client_no_context_takeover" not in words,
                "server_no_context_takeover" not in words,
            )
    return Extensions()


def read_messages(
    frames: Iterable[tuple[int, bool, bytes]], header: str | None, limit: int
) -> list[Message]:
    """All messages of a connection in the order of their ends.

    Args:
        frames: (offset_ns, from the client, bytes), as recorded.
        header: the answer's sec-websocket-extensions.
        limit: bytes of message data read in each direction; reading stops there.
    """
    extensions = extensions_of(header)
    client = WebsocketReader(True, extensions, limit)
    server = WebsocketReader(False, extensions, limit)
    messages: list[Message] = []
    for offset_ns, from_client, data in frames:
        messages += (client if from_client else server).feed(data, offset_ns)
    return messages


class WebsocketReader:
    """One direction of a connection."""

    def __init__(self, from_client: bool, extensions: Extensions, limit: int) -> None:
        self._from_client = from_client
        self._deflate = extensions.deflate
        takeover = extensions.client_takeover if from_client else extensions.server_takeover
        self._takeover = takeover
        self._inflate = zlib.decompressobj(_RAW)
        self._left = limit
        self._buffer = bytearray()
        self._need = 2  # bytes that the buffer must hold before a frame can be complete
        self._parts: list[bytes] = []
        self._opcode = 0
        self._packed = False
        self._broken = False

    @property
    def broken(self) -> bool:
        """The bytes broke the protocol or the limit; nothing more is read."""
        return self._broken

    def feed(self, data: bytes, offset_ns: int) -> list[Message]:
        """The messages that these bytes complete. Never raises."""
        messages: list[Message] = []
        if not self.broken:
            self._buffer += data
            self._frames(offset_ns, messages)
        return messages

    def _frames(self, offset_ns: int, messages: list[Message]) -> None:
        at = 0
        while len(self._buffer) - at >= self._need:
            end = self._frame(at, offset_ns, messages)
            if end is None:
                break
            at, self._need = end, 2
        del self._buffer[: len(self._buffer) if self.broken else at]

    def _frame(self, at: int, offset_ns: int, messages: list[Message]) -> int | None:
        """Reads the frame at `at` and gives its end; None while it is incomplete, or is broken."""
        head = bytes(self._buffer[at : at + _HEADER])
        size, start = head[1] & 0x7F, 2
        if size >= _LENGTH_16:
            start = 4 if size == _LENGTH_16 else 10
            size = int.from_bytes(head[2:start], "big")
        mask = head[start : start + 4] if head[1] & 0x80 else b""
        start += 4 if head[1] & 0x80 else 0
        if len(head) < start:
            self._need = start
            return None
        if size > self._left:
            self._broken = True
            return None
        if len(self._buffer) < at + start + size:
            self._need = start + size
            return None
        payload = bytes(self._buffer[at + start : at + start + size])
        self._payload(head[0], unmasked(payload, mask) if mask else payload, offset_ns, messages)
        return None if self.broken else at + start + size

    def _payload(self, first: int, payload: bytes, offset_ns: int, messages: list[Message]) -> None:
        opcode, final = first & 0x0F, bool(first & 0x80)
        if opcode >= _CONTROL:
            messages.append(self._message(opcode, payload, offset_ns))
            return
        if opcode != _CONTINUATION:
            self._parts, self._opcode = [], opcode
            self._packed = bool(first & 0x40) and self._deflate
        self._parts.append(payload)
        if not final:
            return
        data = b"".join(self._parts)
        self._parts = []
        if self._packed:
            data = self._unpacked(data)
        self._left -= len(data)
        if not self.broken:
            messages.append(self._message(self._opcode, data, offset_ns))

    def _message(self, opcode: int, data: bytes, offset_ns: int) -> Message:
        return Message(offset_ns, self._from_client, _KINDS.get(opcode, "binary"), data)

    def _unpacked(self, data: bytes) -> bytes:
        if not self._takeover:
            self._inflate = zlib.decompressobj(_RAW)
        try:
            out = self._inflate.decompress(data + _TAIL, max(self._left, 1))
        except zlib.error:
            self._broken = True
            return b""
        if self._inflate.eof:  # a final block: the sender starts anew
            self._inflate = zlib.decompressobj(_RAW)
        elif self._inflate.unconsumed_tail:
            self._broken = True
        return out


def unmasked(payload: bytes, mask: bytes) -> bytes:
    """The payload with its mask taken off (RFC 6455 section 5.3), as one wide exclusive-or."""
    size = len(payload)
    repeated = (mask * (size // 4 + 1))[:size]
    wide = int.from_bytes(payload, "little") ^ int.from_bytes(repeated, "little")
    return wide.to_bytes(size, "little")

"""The call: the object that walks the whole path, from a client's request to its terminal record."""

import os
from dataclasses import dataclass
from typing import Any

from driftgate.proxy.record import Outcome

CALL_ID, FIELDS = "call_id", "call"  # attributes of a log record: see `about`


def new_id(at_ns: int) -> bytes:
    """A UUIDv7 (RFC 9562, section 5.7) made at that time: ids sort as the calls began."""
    random = bytearray(os.urandom(10))
    random[0] = 0x70 | random[0] & 0x0F
    random[2] = 0x80 | random[2] & 0x3F
    return (at_ns // 1_000_000).to_bytes(6, "big") + random


def text_id(call_id: bytes) -> str:
    """The id as people and SQL write it."""
    text = call_id.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def about(call_id: bytes | str, **fields: Any) -> dict[str, Any]:
    """The `extra` of a log message about a call.

    Args:
        call_id: 16 bytes, or as people write it.
        fields: what else is told of it, in logs that programs read.
    """
    told = text_id(call_id) if isinstance(call_id, bytes) else call_id
    return {CALL_ID: told, FIELDS: fields}


class Copy:
    """A request's body, kept while it passes; given up once it is too long.

    body: all of it, once it is there.
    """

    __slots__ = ("_limit", "_parts", "_size", "body")

    def __init__(self, limit: int, whole: bytes | None = None) -> None:
        self._limit, self._size = limit, 0
        self._parts: list[bytes] | None = []
        self.body = whole if whole is not None and len(whole) <= limit else None

    def add(self, part: bytes) -> None:
        """The next bytes."""
        self._size += len(part)
        if self._size > self._limit:
            self._parts = None
        elif self._parts is not None:
            self._parts.append(part)

    def end(self) -> None:
        """That was all."""
        if self._parts is not None:
            self.body = b"".join(self._parts)
        self._parts = None


@dataclass(slots=True, eq=False)
class Call:
    """One client request and its answer, while it runs.

    Times are nanoseconds since the Unix epoch (`started_ns`) or since the call's start. `ended`
    is set once, by the first who ends the call. `id` is empty for what takes the path of a call and
    is none: see `driftgate.proxy.front`.
    """

    id: bytes
    started_ns: int
    method: str
    target: str = ""  # path and query that the upstream is asked for
    upstream: str = ""
    request_bytes: int = 0
    answer_bytes: int = 0
    attempts: int = 0  # made for it so far; 0: passed through
    forwarded_ns: int | None = None
    head_ns: int | None = None
    first_byte_ns: int | None = None
    overhead_ns: int = 0
    connect_ns: int | None = None  # spent on new connections, over all attempts; 0: kept ones
    ended: Outcome | None = None
    answered: bool = False  # the client has been sent a byte
    replayed: bytes | None = None  # marks one that is no live call: journal.head.replayed()
    copy: Copy | None = None  # of the request, where it may be sent to a candidate as well
    traced: bool = False  # its upstream is told which span it is part of: telemetry.context

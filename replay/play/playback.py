"""A recorded answer as it is played: status, header, body chunks, when each left. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from driftgate.proxy.headers import forwarded
from driftgate.proxy.record import Outcome, Recorded

OF_HEADER = "x-driftgate-replay-of"
_SWITCHING, _FIRST, _LAST = 101, 200, 999
_EMPTY = frozenset({204, 304})  # statuses whose answers have no body
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_LEFT = frozenset({Outcome.CLIENT_GONE, Outcome.INTERRUPTED})


class UnplayableError(Exception):
    """A call whose answer cannot be played; says why in a few words."""


@dataclass(frozen=True, slots=True)
class Playback:
    """An answer to send.

    headers: in their order, without those of one connection; as recorded, with secrets masked.
    chunks: (nanoseconds since the request began to arrive, bytes).
    length: of the body, where the header says it; None: the body is sent in chunks.
    ended_ns: when it was over. broken: the connection ends behind the last chunk, as it did then.
    """

    call_id: str
    status: int
    headers: Sequence[tuple[str, str]]
    chunks: Sequence[tuple[int, bytes]]
    length: int | None
    ended_ns: int
    broken: bool


def playback(recorded: Recorded, call_id: str) -> Playback:
    """The answer of a recorded call.

    Raises:
        UnplayableError: there is none, or it is not whole for a reason that was the recording's.
    """
    status = recorded.status
    if recorded.frames or status == _SWITCHING:
        raise UnplayableError("it went over a websocket")
    if status is None or not _FIRST <= status <= _LAST:
        raise UnplayableError("nothing was answered")
    headers = _headers(recorded.response_headers)
    size = sum(len(chunk.data) for chunk in recorded.chunks)
    length = _length(headers)
    if length is None:
        headers = [pair for pair in headers if pair[0].lower() != "content-length"]
    bodiless = recorded.method == "HEAD" or status in _EMPTY
    whole = bodiless or (
        recorded.outcome is Outcome.COMPLETED if length is None else size == length
    )
    _refuse_parts(recorded, whole=whole)
    return Playback(
        call_id,
        status,
        headers,
        [(chunk.offset_ns, chunk.data) for chunk in recorded.chunks if chunk.data],
        length,
        recorded.ended_ns or 0,
        broken=not whole,
    )


def _refuse_parts(recorded: Recorded, *, whole: bool) -> None:
    if recorded.response_truncated:
        raise UnplayableError("its answer is longer than the recording limit")
    if not whole and recorded.outcome in _LEFT:
        raise UnplayableError("its client left before the answer's end")


def _headers(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is passed on; a field that could not have been on the wire (of an import) is left out."""
    named = [
        pair for pair in pairs if _NAME.fullmatch(pair[0]) and not re.search(r"[\r\n\0]", pair[1])
    ]
    raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in named]
    kept = forwarded(raw, {name.lower(): value for name, value in raw})
    return [(name.decode("latin-1"), _text(value)) for name, value in kept]


def _text(value: bytes) -> str:
    """What the server's library, which writes UTF-8, makes the same bytes of again."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _length(headers: Sequence[tuple[str, str]]) -> int | None:
    """The one length that the header gives; None where it gives none, or several."""
    said = {value.strip() for name, value in headers if name.lower() == "content-length"}
    text = said.pop() if len(said) == 1 else ""
    return (
        int(text) if text.isascii() and text.isdigit() and len(text) < len(str(1 << 63)) else None
    )

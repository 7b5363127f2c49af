"""Frames to calls: collects what the journal says of each open call until it ends. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from driftgate.proxy.journal import attempt, head
from driftgate.proxy.journal.frame import Frame, Kind
from driftgate.proxy.record import Attempt, Chunk, Outcome, Recorded


class Position(NamedTuple):
    """A place in one writer's journal: segment number, byte offset in it. Ordered."""

    segment: int = 0
    offset: int = 0


START = Position()


@dataclass(slots=True)
class _Open:
    since: Position
    call: Recorded
    body: list[bytes]


class Assembler:
    """The open calls of one writer.

    Frames of a call whose beginning was not seen (it lay in damaged bytes) still make a call:
    what is known of it is kept.
    """

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._open: dict[bytes, _Open] = {}

    def feed(self, frame: Frame, position: Position) -> Recorded | None:
        """Takes the next frame; gives the call back when this one ended it."""
        entry = self._open.get(frame.call_id)
        if entry is None:
            call = Recorded(frame.call_id, frame.at_ns, self._worker)
            entry = self._open[frame.call_id] = _Open(position, call, [])
        _FEED[frame.kind](entry, frame)
        if frame.kind != _END:
            return None
        entry.call.ended_ns = frame.at_ns - entry.call.started_ns
        return self._close(frame.call_id)

    def low(self) -> Position | None:
        """Where the oldest open call begins; None when none is open."""
        return min((entry.since for entry in self._open.values()), default=None)

    def interrupt(self) -> list[Recorded]:
        """Ends all open calls as interrupted: their writer is dead."""
        calls = [self._close(call_id) for call_id in list(self._open)]
        for call in calls:
            call.outcome = Outcome.INTERRUPTED
            call.error = "driftgate stopped while the call ran"
        return calls

    def _close(self, call_id: bytes) -> Recorded:
        entry = self._open.pop(call_id)
        call = entry.call
        if entry.body:
            call.request_body = b"".join([call.request_body, *entry.body])
        received = sum(len(chunk.data) for chunk in call.chunks)
        call.request_size = max(call.request_size, len(call.request_body))
        call.response_size = max(call.response_size, received)
        call.request_truncated = call.request_size > len(call.request_body)
        call.response_truncated = call.response_size > received
        return call


def _request(entry: _Open, frame: Frame) -> None:
    head.read_request(frame.data, entry.call)


def _request_body(entry: _Open, frame: Frame) -> None:
    entry.body.append(frame.data)


def _response(entry: _Open, frame: Frame) -> None:
    head.read_response(frame.data, entry.call)
    entry.call.head_ns = frame.at_ns - entry.call.started_ns


def _chunk(entry: _Open, frame: Frame) -> None:
    offset = frame.at_ns - entry.call.started_ns
    if not entry.call.chunks:
        entry.call.first_byte_ns = offset
    entry.call.chunks.append(Chunk(offset, frame.data))


def _trailers(entry: _Open, frame: Frame) -> None:
    head.read_trailers(frame.data, entry.call)


def _from_client(entry: _Open, frame: Frame) -> None:
    entry.call.frames.append((frame.at_ns - entry.call.started_ns, True, frame.data))


def _from_upstream(entry: _Open, frame: Frame) -> None:
    entry.call.frames.append((frame.at_ns - entry.call.started_ns, False, frame.data))


def _end(entry: _Open, frame: Frame) -> None:
    head.read_end(frame.data, entry.call)


def _attempt(entry: _Open, frame: Frame) -> None:
    attempts = entry.call.attempts
    started_ns = frame.at_ns - entry.call.started_ns
    attempts.append(Attempt(len(attempts) + 1, "", "", started_ns=started_ns))
    attempt.read_begin(frame.data, attempts[-1])


def _last(entry: _Open, frame: Frame) -> Attempt:
    """The attempt that a frame belongs to; a bare one where its beginning was not seen."""
    if not entry.call.attempts:
        entry.call.attempts.append(
            Attempt(1, "", "", started_ns=frame.at_ns - entry.call.started_ns)
        )
    return entry.call.attempts[-1]


def _attempt_response(entry: _Open, frame: Frame) -> None:
    attempt.read_response(frame.data, _last(entry, frame))


def _attempt_chunk(entry: _Open, frame: Frame) -> None:
    offset = frame.at_ns - entry.call.started_ns
    _last(entry, frame).chunks.append(Chunk(offset, frame.data))


def _attempt_end(entry: _Open, frame: Frame) -> None:
    ended = _last(entry, frame)
    attempt.read_end(frame.data, ended)
    ended.ended_ns = frame.at_ns - entry.call.started_ns


def _judged(entry: _Open, frame: Frame) -> None:
    entry.call.judged = attempt.read_object(frame.data)


def _replayed(entry: _Open, frame: Frame) -> None:
    head.read_replayed(frame.data, entry.call)


_END = int(Kind.END)
_FEED: dict[int, Callable[[_Open, Frame], None]] = {
    Kind.REQUEST: _request,
    Kind.REQUEST_BODY: _request_body,
    Kind.RESPONSE: _response,
    Kind.CHUNK: _chunk,
    Kind.TRAILERS: _trailers,
    Kind.FROM_CLIENT: _from_client,
    Kind.FROM_UPSTREAM: _from_upstream,
    Kind.END: _end,
    Kind.ATTEMPT: _attempt,
    Kind.ATTEMPT_RESPONSE: _attempt_response,
    Kind.ATTEMPT_CHUNK: _attempt_chunk,
    Kind.ATTEMPT_END: _attempt_end,
    Kind.JUDGED: _judged,
    Kind.REPLAYED: _replayed,
}

"""Spans that wait to be sent: so many and no more. What finds no room is counted, and gone."""

import threading
from collections import deque
from collections.abc import Sequence

from driftgate.proxy.telemetry.messages import INPUT, OUTPUT
from driftgate.proxy.telemetry.span import Span

WAITING = 8192  # spans
WAITING_CHARS = 32 << 20  # of prompts and answers in them
BATCH, BATCH_CHARS = 512, 2 << 20


class Queue:
    """Put by one thread, taken by another. dropped: how many found no room so far."""

    def __init__(self, limit: int = WAITING, chars: int = WAITING_CHARS) -> None:
        self._limit, self._most = limit, chars
        self._spans: deque[Span] = deque()
        self._chars = 0
        self._lock = threading.Lock()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._spans)

    @property
    def full(self) -> bool:
        """Whether nothing more is taken."""
        return len(self._spans) >= self._limit or self._chars >= self._most

    def put(self, spans: Sequence[Span]) -> None:
        """Takes the spans of a call, all of them or none: half a call misleads."""
        with self._lock:
            if self.full:
                self.dropped += len(spans)
                return
            self._spans.extend(spans)
            self._chars += sum(map(_chars, spans))

    def take(self) -> list[Span]:
        """The next batch; empty: there is none."""
        taken: list[Span] = []
        size = 0
        with self._lock:
            while self._spans and len(taken) < BATCH and (not taken or size < BATCH_CHARS):
                span = self._spans.popleft()
                size += _chars(span)
                taken.append(span)
            self._chars -= size
        return taken


def _chars(span: Span) -> int:
    """Characters of content."""
    told = span.attributes
    if INPUT not in told and OUTPUT not in told:
        return 0
    return len(str(told.get(INPUT, ""))) + len(str(told.get(OUTPUT, "")))

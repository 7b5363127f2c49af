"""Recorded calls at hand within a limit of bytes; the others are read again when they are asked for.

The history is open for moments only, since whoever writes it waits meanwhile.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from driftgate.proxy.call import text_id
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.record import Recorded

LIMIT = 128 << 20  # bytes of bodies


class Kept:
    """The calls of one history that were read last. For several threads."""

    def __init__(self, history: Path, limit: int = LIMIT) -> None:
        self._history = history
        self._limit = limit
        self._held = 0
        self._calls: OrderedDict[str, Recorded] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, call_ids: Sequence[str]) -> list[Recorded]:
        """Calls by full ids, in the order asked; one question at a time.

        Raises:
            NotFoundError: one of them is no longer in the history, or the history is gone.
            HistoryError: or one of its kinds: it cannot be read now.
        """
        with self._lock:
            found = {each: self._calls[each] for each in call_ids if each in self._calls}
            missing = [each for each in call_ids if each not in found]
            if missing:
                with open_history(self._history, drain=False) as reader:
                    read = reader.recorded_many(missing)
                found |= dict(zip(missing, read, strict=True))
            for each in call_ids:
                self._keep(found[each])
        return [found[each] for each in call_ids]

    def _keep(self, call: Recorded) -> None:
        call_id = text_id(call.call_id)
        if call_id in self._calls:
            self._calls.move_to_end(call_id)
            return
        self._calls[call_id] = call
        self._held += size_of(call)
        while self._held > self._limit:
            _, dropped = self._calls.popitem(last=False)
            self._held -= size_of(dropped)


def size_of(call: Recorded) -> int:
    """Bytes of its bodies."""
    return len(call.request_body) + sum(len(chunk.data) for chunk in call.chunks)

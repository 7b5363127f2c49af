"""What an app server says about one thread, until somebody reads it. Bounded, and nothing is lost in silence.

All threads of a process speak through one pipe, so that nobody who reads slowly may stop the reading.
What waits is kept small instead: pieces of one text that nobody has read yet become one piece. What
still grows too large ends the turn, which its reader is told as any end.
"""

import asyncio
from collections import deque
from typing import Any

Json = dict[str, Any]

MAX_WAITING = 16 << 20  # bytes of notifications of one thread that wait
_MAX_OUTPUT = 64 << 10  # characters of a command's output that wait; the whole is told at its end
_OUTPUT = "outputDelta"


class _Pieces:
    """A notification with a piece of a text, and the pieces that came after it. name: whose text."""

    def __init__(self, name: tuple[Any, ...], message: Json) -> None:
        self.name = name
        self._message = message
        self._output = str(message["method"]).endswith(_OUTPUT)
        self._parts = deque([str(message["params"]["delta"])])
        self._size = len(self._parts[0])

    def add(self, piece: str) -> int:
        """One more; by how much this has grown."""
        before = self._size
        self._parts.append(piece)
        self._size += len(piece)
        while self._output and self._size > _MAX_OUTPUT and len(self._parts) > 1:
            self._size -= len(self._parts.popleft())
        return self._size - before

    def message(self) -> Json:
        """All of them as one."""
        params = {**self._message["params"], "delta": "".join(self._parts)}
        return {**self._message, "params": params}


class Notes(asyncio.Queue[Json | None]):
    """The queue of one thread. None in it: the process is gone. over: whether it has grown too large."""

    def _init(self, maxsize: int) -> None:  # noqa: ARG002 - asyncio's own signature; never bounded so
        self._waiting: deque[tuple[Json | _Pieces | None, int]] = deque()
        self._bytes = 0
        self._size = 0
        self.over = False

    def tell(self, message: Json, size: int) -> bool:
        """Puts a notification at the end.

        Args:
            message: the notification.
            size: its bytes.

        Returns:
            Whether it has room. Where not, the reader is told that the turn has failed, and nothing
            after that.
        """
        if self.over:
            return False
        if self._bytes + size > MAX_WAITING:
            self.over = True
            self._put_sized(_overflow(message), 0)
            return False
        last = self._waiting[-1] if self._waiting else None
        name = _name(message)
        if name is not None and last is not None:
            waiting, waiting_size = last
            if isinstance(waiting, _Pieces) and waiting.name == name:
                grown = waiting.add(message["params"]["delta"])
                self._waiting[-1] = (waiting, waiting_size + grown)
                self._bytes += grown
                return True
        self._put_sized(message, size)
        return True

    def end(self) -> None:
        """Tells that the process is gone."""
        self._put_sized(None, 0)

    def qsize(self) -> int:
        """How many messages wait."""
        return len(self._waiting)

    def empty(self) -> bool:
        """Whether none does."""
        return not self._waiting

    def rest(self) -> list[Json]:
        """Takes all that still waits."""
        found = []
        while not self.empty():
            if (message := self.get_nowait()) is not None:
                found.append(message)
        return found

    def _put_sized(self, message: Json | None, size: int) -> None:
        self._size = size
        self.put_nowait(message)

    def _put(self, item: Json | None) -> None:
        name = None if item is None else _name(item)
        kept = item if item is None or name is None else _Pieces(name, item)
        self._waiting.append((kept, self._size))
        self._bytes += self._size
        self._size = 0

    def _get(self) -> Json | None:
        kept, size = self._waiting.popleft()
        self._bytes -= size
        return kept.message() if isinstance(kept, _Pieces) else kept


def _name(message: Json) -> tuple[Any, ...] | None:
    """Whose text the message holds a piece of; None: it is no piece."""
    params = message["params"]
    if "id" in message or not isinstance(params.get("delta"), str):
        return None
    of = ("itemId", "contentIndex", "summaryIndex", "turnId")
    return (message["method"], *(str(params.get(key)) for key in of))


def _overflow(message: Json) -> Json:
    params = message["params"]
    named = params.get("turnId") or (params.get("turn") or {}).get("id")
    error = {
        "message": f"more than {MAX_WAITING >> 20} MB of what the turn says wait to be read: "
        "the client reads too slowly",
        "codexErrorInfo": None,
    }
    turn: Json = {"id": named, "items": [], "status": "failed", "error": error, "durationMs": None}
    told = {"threadId": params.get("threadId"), "turnId": named, "turn": turn}
    return {"method": "turn/completed", "params": told}

"""The last large request of each conversation, so that the next one is read from where it goes on.

Only saves work: a request means the same with and without.
"""

from collections import OrderedDict
from hashlib import blake2b

from driftgate.proxy.dialects.identity import SESSION_HEADER
from driftgate.proxy.dialects.meaning import Item
from driftgate.proxy.dialects.scan import scan
from driftgate.proxy.dialects.scanned import Mark, Scan

LEAST = 16 << 10  # bytes; reading a smaller body again costs less than looking it up
LIMIT = 16 << 20  # bytes of bodies; what was made of them takes twice as much again
_HEAD = 8 << 10  # bytes that tell conversations apart where no header does
_HEADERS = (SESSION_HEADER, "thread-id", "session-id", "session_id", "conversation_id")

_CONVERSATIONS = {"responses": "input", "chat": "messages", "ollama_chat": "messages"}

Key = tuple[str, str | bytes]


class Remembered:
    """Marks of scans by conversation, within a limit of bytes; the oldest go first."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._held = 0
        self._marks: OrderedDict[Key, tuple[int, Mark]] = OrderedDict()

    def scan(self, dialect: str, body: bytes, headers: dict[str, str]) -> Scan:
        """Reads a body with the help of the one before it."""
        if len(body) < LEAST or dialect not in _CONVERSATIONS:
            return scan(body)
        size, mark = self._marks.pop(_key(dialect, body, headers), (0, None))
        self._held -= size
        return scan(body, mark)

    def keep(
        self, dialect: str, headers: dict[str, str], scanned: Scan, items: tuple[Item, ...]
    ) -> None:
        """Remembers a scan, and the items that were read out of it."""
        mark, body = scanned.mark, scanned.body
        if mark is None or len(body) < LEAST or mark.key != _CONVERSATIONS.get(dialect):
            return
        count = len(mark.elements)
        mark.known = items[len(items) - count :]  # `instructions` stands before the elements
        self._marks[_key(dialect, body, headers)] = (len(body), mark)
        self._held += len(body)
        while self._held > self._limit:
            _, (dropped, _) = self._marks.popitem(last=False)
            self._held -= dropped


def _key(dialect: str, body: bytes, headers: dict[str, str]) -> Key:
    for name in _HEADERS:
        if headers.get(name):
            return dialect, headers[name]
    return dialect, blake2b(body[:_HEAD], digest_size=16).digest()

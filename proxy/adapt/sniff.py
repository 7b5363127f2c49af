"""What a body is that comes in pieces: one JSON object, or a stream of events.

Its content type does not always say: some servers answer a stream's request with JSON, or stream
without being asked.
"""

import re

_JSON_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*[{\[]")
_BLANK = re.compile(rb"(?:\xef\xbb\xbf|\xef\xbb|\xef)?\s*\Z")


class Sniffer:
    """Holds the first bytes back until they tell, and all of a JSON object.

    is_json: whether it is one; None while nobody knows.
    """

    def __init__(self) -> None:
        self.is_json: bool | None = None
        self._held: list[bytes] = []

    def feed(self, data: bytes) -> bytes:
        """The bytes of a stream of events that can be read now."""
        if self.is_json is False:
            return data
        self._held.append(data)
        if self.is_json is None:
            start = b"".join(self._held)
            if _BLANK.match(start):
                return b""
            self.is_json = _JSON_START.match(start) is not None
        return b"" if self.is_json else self.rest()

    def rest(self) -> bytes:
        """What is held: all of a JSON object, or the start of what ended before it told."""
        held = b"".join(self._held)
        self._held.clear()
        return held

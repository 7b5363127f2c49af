"""A stream of lines with a limit on what a reader may have to hold at once."""

LIMIT = 8 << 20  # bytes

_ENDS = (b"\n", b"\r")


class Capped:
    """Passes bytes on, but for what is beyond `limit` in one event, whatever the splits.

    The event is then cut, so that its JSON is invalid and passed over. Where an event ends:
        at a blank line (Server-Sent Events), or at each line's end (`lines`).
    """

    def __init__(self, *, lines: bool, limit: int = LIMIT) -> None:
        self._lines = lines
        self._limit = limit
        self._size = 0  # bytes of the event under way
        self._blank = True  # nothing of the line under way was seen
        self._after_cr = False

    def feed(self, data: bytes) -> bytes:
        """The bytes that may be read."""
        return b"".join([self._line(line) for line in data.splitlines(keepends=True)])

    def _line(self, line: bytes) -> bytes:
        if line == b"\n" and self._after_cr:  # the second half of a line's end
            self._after_cr = False
            return line
        content = line.rstrip(b"\r\n")
        end = line[len(content) :]
        kept = content[: max(0, self._limit - self._size)]
        self._size += len(content) + bool(end)  # ends count too: a flood of them is held as well
        self._blank = self._blank and not content
        if end:
            if self._lines or self._blank:
                self._size = 0
            self._blank = True
        self._after_cr = end == b"\r"
        return kept + end

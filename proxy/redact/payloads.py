"""Where the payloads are in a recorded body: the whole of it, or the data of each SSE event.

Framing follows the WHATWG HTML standard, section 9.2.6 (server-sent events). All positions are
bytes; text is a latin-1 view of them.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

_LINE = re.compile(r"(?P<line>[^\r\n]*)(?:\r\n|\n|\r|\Z)")
_DATA = re.compile(r"data(?::[ ]?|\Z)")
_SSE_START = re.compile(r"(?:\xef\xbb\xbf)?(?:data|event|id|retry)?:")
_JSON_START = re.compile(r'\s*[{\["]')


@dataclass(frozen=True, slots=True)
class Payload:
    """A text, and where its parts stand in the body."""

    text: str
    starts: list[int]  # of its lines, inside the text
    places: list[int]  # of the same lines, in the body

    @property
    def is_json(self) -> bool:
        """Whether it looks like JSON at its beginning."""
        return _JSON_START.match(self.text) is not None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A non-empty part of the text, as a part of the body."""
        return self._place(start), self._place(end - 1) + 1

    def _place(self, at: int) -> int:
        line = bisect_right(self.starts, at) - 1
        return self.places[line] + at - self.starts[line]


def payloads(body: str, content_type: str) -> Iterator[Payload]:
    """The payloads that rules are applied to, in order.

    Newline-delimited JSON needs no case of its own: it is one payload of many documents.
    """
    if content_type.lower().startswith("text/event-stream") or _SSE_START.match(body):
        yield from _events(body)
    elif _JSON_START.match(body):
        yield Payload(body, [0], [0])


def _events(body: str) -> Iterator[Payload]:
    lines: list[tuple[str, int]] = []
    for found in _LINE.finditer(body):
        line = found["line"]
        if not line:
            yield from _event(lines)
            lines = []
            continue
        data = _DATA.match(line)
        if data:
            lines.append((line[data.end() :], found.start() + data.end()))
    yield from _event(lines)


def _event(lines: list[tuple[str, int]]) -> Iterator[Payload]:
    if not lines:
        return
    starts, at = [], 0
    for line, _ in lines:
        starts.append(at)
        at += len(line) + 1
    yield Payload("\n".join(line for line, _ in lines), starts, [place for _, place in lines])

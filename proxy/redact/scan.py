"""Finds every key and value of a JSON text with its place, forgiving whatever is malformed.

Unlike a parser it gives positions, so that one value can be replaced and every other byte stays.
Broken, cut or very deep JSON is read as far as it goes: a secret must not survive because
something else in the body is wrong. Works on text in which one character is one byte (latin-1).
"""

import json
import re
from dataclasses import dataclass
from enum import Enum

MAX_DEPTH = 64  # the path of a deeper value is cut there; its text is still found

JsonPath = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]++|\\.?)*+"?)
    | (?P<comma>,)
    | (?P<open>[{\[])
    | (?P<close>[}\]])
    | (?P<word>[^\s"{}\[\],:]+)""",
    re.VERBOSE | re.DOTALL,
)


class Kind(Enum):
    """What stands at a place."""

    KEY = "key"
    STRING = "string"
    WORD = "word"  # number, true, false, null, or something that is no JSON
    CONTAINER = "container"
    TEXT = "text"  # a payload that is not JSON


@dataclass(slots=True)
class Node:
    """A key or value. `document` counts the top-level values before it."""

    kind: Kind
    start: int
    end: int
    path: JsonPath
    document: int


@dataclass(slots=True)
class _Open:
    start: int
    is_object: bool
    key: str | int
    wants_key: bool

    def step(self) -> None:
        """Go to the next member."""
        self.wants_key = self.is_object
        if isinstance(self.key, int):
            self.key += 1


def scan(text: str) -> list[Node]:
    """All nodes in the order in which they end; several documents may follow each other."""
    scanner = _Scanner(text)
    for found in _TOKEN.finditer(text):
        scanner.take(found)
    scanner.finish()
    return scanner.nodes


class _Scanner:
    def __init__(self, text: str) -> None:
        self.nodes: list[Node] = []
        self._text = text
        self._open: list[_Open] = []
        self._path: JsonPath = ()  # keys of all open containers but the innermost
        self._document = 0

    def take(self, found: re.Match[str]) -> None:
        kind = found.lastgroup
        top = self._open[-1] if self._open else None
        if kind == "comma":
            if top:
                top.step()
        elif kind == "open":
            self._enter(found)
        elif kind == "close":
            self._leave(found.end())
        elif kind == "string" and top and top.wants_key:
            top.key = unquote(found[0])
            top.wants_key = False
            self._add(Kind.KEY, found.start(), found.end())
        else:
            self._add(Kind.STRING if kind == "string" else Kind.WORD, found.start(), found.end())

    def finish(self) -> None:
        while self._open:
            self._leave(len(self._text))

    def _enter(self, found: re.Match[str]) -> None:
        if self._open and len(self._open) < MAX_DEPTH:
            self._path = (*self._path, self._open[-1].key)
        is_object = found[0] == "{"
        self._open.append(_Open(found.start(), is_object, "" if is_object else 0, is_object))

    def _leave(self, end: int) -> None:
        if not self._open:
            return
        start = self._open.pop().start
        if self._open and len(self._open) < MAX_DEPTH:
            self._path = self._path[:-1]
        self._add(Kind.CONTAINER, start, end)

    def _add(self, kind: Kind, start: int, end: int) -> None:
        path = (*self._path, self._open[-1].key) if self._open else ()
        self.nodes.append(Node(kind, start, end, path, self._document))
        if not self._open:
            self._document += 1


def unquote(literal: str) -> str:
    """The text that a JSON string literal (as latin-1) stands for; broken ones as they are."""
    inner = literal[1:-1] if len(literal) > 1 and literal.endswith('"') else literal[1:]
    if "\\" not in inner:
        return as_utf8(inner)
    try:
        return str(json.loads(f'"{as_utf8(inner)}"', strict=False))
    except ValueError:
        return as_utf8(inner)


def quote(text: str) -> bytes:
    """The JSON string literal of a text."""
    try:
        return json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a surrogate pair, as a stream may split an emoji
        return json.dumps(text).encode()


def as_utf8(text: str) -> str:
    """A latin-1 view of bytes as the text it is; bytes that are not UTF-8 survive the way back."""
    if text.isascii():
        return text
    return text.encode("latin-1").decode("utf-8", "surrogateescape")

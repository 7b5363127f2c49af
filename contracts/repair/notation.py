r"""Gemma 4's notation of tool calls, read into JSON text.

Source: the chat template of Gemma 4 (macro format_argument). A call is
`<|tool_call>call:NAME{key:value,...}<tool_call|>`; keys are bare, strings stand between `<|"|>`
without any escape, objects and lists nest, numbers and `true`/`false` are as Python and JSON write
them, nothing is `None`. Arguments that were a string in the request stand inside the braces as they
are, so `{{"a": 1}}` and `{"a": 1}` are read too.
"""

import json
import re
from dataclasses import dataclass

QUOTE = '<|"|>'
DEPTH_LIMIT = 64
_NAME = re.compile(r"call:([\w.:/-]{1,200}?)[ \t]*(?=\{)")
_BLANK = re.compile(r"\s*")
_SCALAR = re.compile(
    r"(?P<word>true|false|null|True|False|None)(?![\w.])"
    r"|(?P<number>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])"
)
_STRING = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"')
_KEY = re.compile(r'[^\s:{}\[\],"<>](?:[^:{}\[\],"<>\n]{0,198}[^\s:{}\[\],"<>])?')
_WORDS = {"True": "true", "False": "false", "None": "null"}


class NotationError(ValueError):
    """The text does not follow the notation, or ends before the call does."""


@dataclass(slots=True)
class Written:
    """A call as text: its name, its arguments as JSON text, and where it ends."""

    name: str
    arguments: str
    end: int


def read_call(text: str, start: int) -> Written:
    """The call `call:NAME{...}` that begins at `start`.

    Raises:
        NotationError: there is none, or it is cut. A cut call is never completed: what it would
            do is unknown.
    """
    found = _NAME.match(text, start)
    if not found:
        raise NotationError(f"no call at {start}")
    reader = _Reader(text, found.end())
    arguments = reader.braces()
    return Written(found[1], arguments, reader.at)


def read_object(text: str, start: int) -> tuple[str, int]:
    """The object that begins at `start`, in the same notation, as JSON text, and where it ends.

    Raises:
        NotationError: there is none, or it is cut.
    """
    reader = _Reader(text, start)
    return reader.braces(), reader.at


class _Reader:
    """Reads values into JSON text, left to right, each character once."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self.at = at

    def braces(self) -> str:
        """The arguments; doubled braces when they were a string."""
        start = self.at
        self._take("{")
        if self._next() == "{":
            inside = self._object(1)
            self._take("}")
            return inside
        self.at = start
        return self._object(0)

    def _object(self, depth: int) -> str:
        return "{" + ",".join(self._sequence("{", "}", depth)) + "}"

    def _sequence(self, opens: str, closes: str, depth: int) -> list[str]:
        if depth > DEPTH_LIMIT:
            raise NotationError("nested too deeply")
        self._skip()
        self._take(opens)
        parts: list[str] = []
        while self._next() != closes:
            if parts:
                self._take(",")
            parts.append(self._member(depth) if opens == "{" else self._value(depth))
        self._take(closes)
        return parts

    def _member(self, depth: int) -> str:
        key = self._key()
        self._take(":")
        return f"{key}:{self._value(depth)}"

    def _key(self) -> str:
        quoted = self._quoted()
        if quoted is not None:
            return quoted
        found = _KEY.match(self._text, self.at)
        if not found:
            raise NotationError(f"no key at {self.at}")
        self.at = found.end()
        return json.dumps(found[0], ensure_ascii=False)

    def _value(self, depth: int) -> str:
        first = self._next()
        if first == "{":
            return self._object(depth + 1)
        if first == "[":
            return "[" + ",".join(self._sequence("[", "]", depth + 1)) + "]"
        quoted = self._quoted()
        return self._scalar() if quoted is None else quoted

    def _quoted(self) -> str | None:
        """A string in either notation, as JSON; None where none begins."""
        self._skip()
        if self._text.startswith(QUOTE, self.at):
            start = self.at + len(QUOTE)
            end = self._text.find(QUOTE, start)
            if end < 0:
                raise NotationError("a string without end")
            self.at = end + len(QUOTE)
            return json.dumps(self._text[start:end], ensure_ascii=False)
        found = _STRING.match(self._text, self.at)
        if found:
            self.at = found.end()
        return found[0] if found else None

    def _scalar(self) -> str:
        found = _SCALAR.match(self._text, self.at)
        if not found:
            raise NotationError(f"no value at {self.at}")
        self.at = found.end()
        return _WORDS.get(found[0], found[0])

    def _skip(self) -> None:
        found = _BLANK.match(self._text, self.at)
        self.at = found.end() if found else self.at

    def _next(self) -> str:
        """The next character that is not blank, not taken; empty at the end."""
        self._skip()
        return self._text[self.at : self.at + 1]

    def _take(self, character: str) -> None:
        if self._next() != character:
            raise NotationError(f"no {character} at {self.at}")
        self.at += 1

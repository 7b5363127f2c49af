"""Repair `close_json`: JSON that was cut, or that has a comma or a bracket wrong.

A small machine reads the text once. Wherever the document could end (behind a value, behind an
opened bracket) it keeps the place; at the end of the text it goes back there and closes what is
open. A cut string keeps what there is of it; a cut key, number or word is dropped, for half of it
says something else. Nothing is ever added but brackets and a quotation mark.
"""

import re

from driftgate.contracts.repair.strict import SIZE_LIMIT, is_json, loads

DEPTH_LIMIT = 256
_FENCE = re.compile(r"\s*```[\w-]*[ \t]*\n")
_START = re.compile(r"^[ \t]*[{\[]", re.MULTILINE)
_START_IN_LINE = re.compile(r"[{\[](?=\s*[\"{\[])")
_BLANK = re.compile(r"[ \t\r\n]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+')
_HALF_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_SCALAR = re.compile(
    r"(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"(?=[ \t\r\n,\]}])"
)
_HALF_SCALAR = re.compile(
    r"(?:t(?:r(?:ue?)?)?|f(?:a(?:l(?:se?)?)?)?|n(?:u(?:ll?)?)?"
    r"|-?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]*)?)?)\Z"
)
_WHOLE = (
    r'(?:"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"'
    r"|true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?=[ \t\r\n,\]}])"
)
_RUNS = {  # whole members and items behind another, which are right as they are
    "[": re.compile(rf"(?:[ \t\r\n]*,[ \t\r\n]*{_WHOLE})+"),
    "{": re.compile(
        r'(?:[ \t\r\n]*,[ \t\r\n]*"[^"\\\x00-\x1f]*+"[ \t\r\n]*:[ \t\r\n]*' + _WHOLE + ")+"
    ),
}
_CONTROL = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_PAIRS = {"{": "}", "[": "]"}


class _Stop(Exception):  # noqa: N818 - it is no error: the text ends here
    """The text ends before the document does."""


class _Broken(ValueError):  # noqa: N818 - seen in this file alone
    """What is wrong is more than an end, a comma or a bracket."""


def close_json(text: str) -> str | None:
    """`text` as whole JSON; None: it is whole already, or cannot be closed, or nothing is left.

    Only objects and arrays are closed. The text may begin with a fence or prose; the document
    then begins at the first line that begins with a bracket.
    """
    if len(text) > SIZE_LIMIT or is_json(text):
        return None
    fence = _FENCE.match(text)
    if fence:
        text = text.rstrip().removesuffix("```")
    start = _START.search(text, fence.end() if fence else 0) or _START_IN_LINE.search(text)
    return _closed(text, start.end() - 1) if start else None


def _closed(text: str, start: int) -> str | None:
    closer = _Closer(text, start)
    try:
        closed = closer.close()
        return closed if closer.changed and loads(closed) else None
    except ValueError:
        return None


class _Closer:
    """Reads a document from `at`, writing it as it should be."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._at = at
        self._out: list[str] = []
        self._open: list[str] = []
        self._safe = 0  # length of _out at which the document can be closed
        self.changed = False

    def close(self) -> str:
        """The closed document."""
        try:
            self._document()
        except _Stop:
            self.changed = True
            del self._out[self._safe :]
            self._out.extend(_PAIRS[each] for each in reversed(self._open))
        return "".join(self._out)

    def _document(self) -> None:
        self._bracket(self._text[self._at])
        while self._open:
            self._step()

    def _step(self) -> None:
        """One member or item, or the end of the innermost bracket."""
        follows = self._out[-1] not in "{["
        run = _RUNS[self._open[-1]].match(self._text, self._at) if follows else None
        if run:
            self._at = run.end()
            self._done(run[0])
            return
        first = self._next()
        if first in "}]":
            self._end(first)
            return
        if follows:
            if first != ",":
                raise _Broken(f"no comma at {self._at}")
            self._at += 1
            if self._next() in "}]":
                self.changed = True  # a comma before the end: left out
                return
            self._out.append(",")
        if self._open[-1] == "{":
            self._key()
        self._value()

    def _end(self, closing: str) -> None:
        """Closes up to the bracket that fits, those in between too."""
        while self._open:
            right = _PAIRS[self._open.pop()]
            self._out.append(right)
            self._safe = len(self._out)
            if right == closing:
                self._at += 1
                return
            self.changed = True
        raise _Broken(f"{closing} closes nothing at {self._at}")

    def _key(self) -> None:
        if self._next() != '"':
            raise _Broken(f"no key at {self._at}")
        key, ended = self._string()
        if not ended:
            raise _Stop
        if self._next() != ":":
            raise _Broken(f"no colon at {self._at}")
        self._at += 1
        self._out.append(f"{key}:")

    def _value(self) -> None:
        first = self._next()
        if first in "{[":
            self._bracket(first)
            return
        if first == '"':
            value, ended = self._string()
            self._done(value)
            if not ended:
                raise _Stop
            return
        self._scalar()

    def _scalar(self) -> None:
        found = _SCALAR.match(self._text, self._at)
        if not found:
            half = _HALF_SCALAR.match(self._text, self._at)
            raise _Stop if half else _Broken(f"no value at {self._at}")
        self._at = found.end()
        self._done(found[0])

    def _bracket(self, opening: str) -> None:
        if len(self._open) >= DEPTH_LIMIT:
            raise _Broken("nested too deeply")
        self._at += 1
        self._open.append(opening)
        self._done(opening)

    def _done(self, written: str) -> None:
        self._out.append(written)
        self._safe = len(self._out)

    def _string(self) -> tuple[str, bool]:
        """The string that begins here, closed, and whether the text itself closes it.

        A line end inside is written as its escape where the string ends later; where it never
        does, the model rather forgot the quotation mark.
        """
        parts = ['"']
        self._at += 1
        raw = False
        while True:
            found = _PLAIN.match(self._text, self._at)
            parts.append(found[0] if found else "")
            self._at = found.end() if found else self._at
            character = self._text[self._at : self._at + 1]
            if character not in _CONTROL:
                break
            raw = self.changed = True
            parts.append(_CONTROL[character])
            self._at += 1
        ended = character == '"'
        if not ended and (raw or not _ends_here(self._text, self._at)):
            raise _Broken(f"a string is broken at {self._at}")
        self._at += 1
        return "".join(parts) + '"', ended

    def _next(self) -> str:
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at
        if self._at >= len(self._text):
            raise _Stop
        return self._text[self._at]


def _ends_here(text: str, at: int) -> bool:
    """Whether nothing follows but half an escape."""
    return at >= len(text) or bool(_HALF_ESCAPE.match(text, at))

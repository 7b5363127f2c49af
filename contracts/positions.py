"""On which line of a TOML or JSON text each key stands, which their parsers do not tell.

The text is known to be valid: it has been parsed before. A key's path has the names of tables and
keys, and numbers for the items of lists.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import accumulate

Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""(?P<long>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5})
    |(?P<basic>"(?:\\.|[^"\\\n])*")
    |(?P<literal>'[^'\n]*')
    |(?P<comment>\#[^\n]*)
    |(?P<line>\n)
    |(?P<blank>[ \t\r]+)
    |(?P<sign>[\[\]{}=,.:])
    |(?P<bare>[^\s\[\]{}=,.:\#"']+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "e": "\x1b"}
_END = ("end", "", 1)
Token = tuple[str, str, int]  # (kind, text, line)


def toml_lines(text: str) -> dict[Path, int]:
    """The line, from 1, of each table, key and list item of a TOML document."""
    return _read(_Toml(list(_tokens(text, "comment"))))


def json_lines(text: str) -> dict[Path, int]:
    """The line, from 1, of each key and list item of a JSON document."""
    return _read(_Reader(list(_tokens(text, "line"))))


def _read(reader: "_Reader") -> dict[Path, int]:
    """The lines; of a text nested too deeply those up to there."""
    with suppress(RecursionError):
        reader.read()
    return reader.lines


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of a path; of the nearest one above it where it is not in the text."""
    for length in range(len(path), -1, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


def _tokens(text: str, left_out: str) -> Iterator[Token]:
    """Each token with its line; blanks and one other kind left out."""
    found = list(_TOKEN.finditer(text))
    starts = accumulate((each[0].count("\n") for each in found), initial=1)
    for each, line in zip(found, starts, strict=False):
        kind = each.lastgroup or ""
        if kind not in ("blank", left_out):
            yield kind, each[0], line


def _key(kind: str, text: str) -> str:
    """A key as written -> its name."""
    if kind == "basic":
        return _ESCAPE.sub(_unescaped, text[1:-1])
    return text[1:-1] if kind == "literal" else text


def _unescaped(found: re.Match[str]) -> str:
    word = found[1]
    if word[0] in "uU" and len(word) > 1:
        number = int(word[1:], 16)
        return chr(number) if number <= 0x10FFFF else ""  # noqa: PLR2004 - the last of Unicode
    return _PLAIN.get(word, word)


class _Reader:
    """Reads values; keys are parted from them by `=` or `:`."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self.lines: dict[Path, int] = {}

    def read(self) -> None:
        self.value(())

    def peek(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def take(self) -> Token:
        token = self.peek()
        self._at += 1
        return token

    def skip_lines(self) -> None:
        while self.peek()[0] == "line":
            self._at += 1

    def value(self, path: Path) -> None:
        self.skip_lines()
        sign = self.peek()[1] if self.peek()[0] == "sign" else ""
        if sign == "[":
            self._list(path)
        elif sign == "{":
            self._table(path)
        else:
            self.take()  # whatever it is, so that a text that is not valid ends too
            while self.peek()[0] not in ("line", "end") and self.peek()[1] not in (",", "]", "}"):
                self._at += 1

    def key(self, above: Path) -> Path:
        """A key, dotted or not; each part's first line is noted."""
        path = above
        while True:
            kind, text, line = self.take()
            path = (*path, _key(kind, text))
            self.lines.setdefault(path, line)
            if self.peek()[1] != ".":
                return path
            self.take()

    def _list(self, path: Path) -> None:
        self.take()
        index = 0
        while True:
            self.skip_lines()
            kind, text, line = self.peek()
            if kind == "end" or (kind == "sign" and text == "]"):
                self.take()
                return
            if kind == "sign" and text == ",":
                self.take()
                continue
            self.lines.setdefault((*path, index), line)
            self.value((*path, index))
            index += 1

    def _table(self, path: Path) -> None:
        self.take()
        while True:
            self.skip_lines()
            kind, text, _ = self.peek()
            if kind == "end" or (kind == "sign" and text == "}"):
                self.take()
                return
            if kind == "sign" and text == ",":
                self.take()
                continue
            name = self.key(path)
            self.skip_lines()
            self.take()
            self.value(name)


class _Toml(_Reader):
    """Reads the headers and lines of a document."""

    def read(self) -> None:
        table: Path = ()
        counts: dict[Path, int] = {}
        while self.peek()[0] != "end":
            kind, text, line = self.peek()
            if kind == "line":
                self.take()
            elif kind == "sign" and text == "[":
                table = self._header(counts, line)
            else:
                name = self.key(table)
                self.take()
                self.value(name)

    def _header(self, counts: dict[Path, int], line: int) -> Path:
        self.take()
        many = self.peek()[1] == "["
        if many:
            self.take()
        names = _Reader(self._tokens)
        names._at = self._at  # noqa: SLF001 - the same reader, its lines kept apart
        written = names.key(())
        self._at = names._at + 1 + many  # noqa: SLF001 - likewise
        path: Path = ()
        for name in written[:-1]:
            path = (*path, name)
            path = (*path, counts[path]) if path in counts else path
            self.lines.setdefault(path, line)
        path = (*path, written[-1])
        self.lines.setdefault(path, line)
        if many:
            counts[path] = counts.get(path, -1) + 1
            path = (*path, counts[path])
        self.lines[path] = line
        return path

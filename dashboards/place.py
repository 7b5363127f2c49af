"""Where a typed query is wrong, read from DuckDB's own words. Pure.

DuckDB shows the line, shortened where it is long, and points below it. What it shows is looked for in
what was typed: the gate has taken comments out before, so that its numbers of lines need not fit.
"""

import re
from dataclasses import dataclass

from driftgate.proxy.errors import QueryError

_LINE = re.compile(r"^LINE \d+: ", re.MULTILINE)
_NAME = re.compile(r"\w+")
_CUT = "..."
_NEAR = 20  # characters before the place that must fit too


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong, and where.

    why: DuckDB's words without its picture. line, column: from 1; 0: the place is unknown.
    before, at, after: the line that was typed, around the place. start, end: it, in characters.
    """

    why: str
    line: int = 0
    column: int = 0
    before: str = ""
    at: str = ""
    after: str = ""
    start: int = 0
    end: int = 0


def wrong(error: QueryError, typed: str) -> Wrong:
    """What a page says of an error."""
    told = error.told or str(error)
    found = _LINE.search(told)
    if found is None:
        return Wrong(told.strip())
    why = told[: found.start()].strip()
    shown, _, below = told[found.end() :].partition("\n")
    pointed = below.split("\n", 1)[0]
    place = _place(shown, pointed, len(found[0]), typed)
    return _around(why, typed, *place) if place else Wrong(why)


def _place(shown: str, pointed: str, indent: int, typed: str) -> tuple[int, int] | None:
    """Start and end of what is pointed at, in what was typed."""
    at = pointed.find("^") - indent
    length = pointed.count("^")
    if at < 0 or at > len(shown):
        return None
    head = shown[:at].removeprefix(_CUT) if shown.startswith(_CUT) else shown[:at]
    tail = shown[at:].removesuffix(_CUT)
    few = min(_NEAR, len(head))
    word = tail[: _length(tail, length)]
    for near, rest in ((len(head), tail), (few, tail), (few, word), (0, tail), (0, word)):
        piece = head[len(head) - near :] + rest
        start = typed.find(piece) if piece.strip() else -1
        if start >= 0:
            return start + near, start + near + len(word)
    return None


def _length(tail: str, marked: int) -> int:
    """Of what is pointed at: DuckDB 1.5 marks its first letter alone."""
    name = _NAME.match(tail)
    return max(marked, 1) if marked > 1 or name is None else len(name[0])


def _around(why: str, typed: str, start: int, end: int) -> Wrong:
    begin = typed.rfind("\n", 0, start) + 1
    close = typed.find("\n", start)
    close = len(typed) if close < 0 else close
    end = min(end, close) if end > close else end
    line = typed.count("\n", 0, start) + 1
    return Wrong(
        why,
        line,
        start - begin + 1,
        typed[max(begin, start - 200) : start],
        typed[start:end],
        typed[end : min(close, end + 200)],
        start,
        end,
    )

"""What is different in two texts, line by line, for people. Harmless for a terminal, bounded in size.

By the first character of a line: `@` says where, ` ` is in both, `-` in the first, `+` in the second,
`~` is in both but for the words in `[-...-]` (first) and `{+...+}` (second). The latter stands for a
pair of long lines, and for texts of one line.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rapidfuzz.distance import Indel

from driftgate.replay.compare.readable import harmless

MAX_CHARACTERS = 200_000  # of a text that are looked at
MAX_LINES = 2_000  # likewise, lines
MAX_SHOWN = 400  # lines given
MAX_LINE = 400  # characters of one of them
LONG = 120  # characters: of a pair of such lines the words are compared
MAX_WORDS = 4_000  # of a line
AROUND = 12  # words and blanks shown beside a difference within a line

_PIECE = re.compile(r"\s+|\w+|[^\w\s]")
_MAX_WORD_LINE = 4_000  # characters of a line that shows words


class _Part(NamedTuple):
    """A run of lines or words: first[start:end] of the one, other_start:other_end of the other."""

    equal: bool
    start: int
    end: int
    other_start: int
    other_end: int

    def first(self, count: int) -> "_Part":
        """The beginning of an equal run."""
        size = min(count, self.end - self.start)
        return self._replace(end=self.start + size, other_end=self.other_start + size)

    def last(self, count: int) -> "_Part":
        """Its end."""
        size = min(count, self.end - self.start)
        return self._replace(start=self.end - size, other_start=self.other_end - size)


def diff(a: str, b: str, *, context: int = 3) -> list[str]:
    """The difference as lines; empty where the texts are equal.

    Args:
        a: the first text.
        b: the second.
        context: lines in both that are shown around a difference.
    """
    if a == b:
        return []
    first, second = _lines(a), _lines(b)
    if len(first) == len(second) == 1:
        lines = [_words(first[0], second[0])] if first != second else []
    else:
        lines = list(_hunks(first, second, context))
    if not lines:
        return ["@@ they differ in line ends, or beyond what is looked at @@"]
    more = len(lines) - MAX_SHOWN
    return lines if more <= 0 else [*lines[:MAX_SHOWN], f"@@ and {more:,} more lines @@"]


def _lines(text: str) -> list[str]:
    return harmless(text[:MAX_CHARACTERS]).split("\n")[:MAX_LINES]


def _hunks(first: list[str], second: list[str], context: int) -> Iterator[str]:
    for group in _grouped(_parts(first, second), context):
        head, end = group[0], group[-1]
        yield (
            f"@@ -{head.start + 1},{end.end - head.start} "
            f"+{head.other_start + 1},{end.other_end - head.other_start} @@"
        )
        for part in group:
            lines = first[part.start : part.end]
            if part.equal:
                yield from [f" {_cut(line)}" for line in lines]
            else:
                yield from _changed(lines, second[part.other_start : part.other_end])


def _changed(gone: list[str], come: list[str]) -> Iterator[str]:
    if len(gone) == len(come) and all(
        min(len(one), len(other)) > LONG for one, other in zip(gone, come, strict=True)
    ):
        yield from [_words(one, other) for one, other in zip(gone, come, strict=True)]
        return
    yield from [f"-{_cut(line)}" for line in gone]
    yield from [f"+{_cut(line)}" for line in come]


def _parts(first: Sequence[str], second: Sequence[str]) -> list[_Part]:
    """Equal and changed runs in turn."""
    found: list[_Part] = []
    for code in Indel.opcodes(first, second):
        part = _Part(
            code.tag == "equal", code.src_start, code.src_end, code.dest_start, code.dest_end
        )
        if found and not part.equal and not found[-1].equal:
            before = found.pop()
            part = part._replace(start=before.start, other_start=before.other_start)
        found.append(part)
    return found


def _grouped(parts: list[_Part], context: int) -> Iterator[list[_Part]]:
    """The changes with so many equal lines around them; what is near together is one group."""
    group: list[_Part] = []
    for place, part in enumerate(parts):
        is_end = place == len(parts) - 1
        if part.equal and (is_end or not group or part.end - part.start > 2 * context):
            if any(not each.equal for each in group):
                yield _filled([*group, part.first(context)])
            group = [part.last(context)]
        else:
            group.append(part)
    if any(not each.equal for each in group):
        yield _filled(group)


def _filled(group: list[_Part]) -> list[_Part]:
    return [part for part in group if part.end > part.start or part.other_end > part.other_start]


def _words(one: str, other: str) -> str:
    first, second = _PIECE.findall(one)[:MAX_WORDS], _PIECE.findall(other)[:MAX_WORDS]
    parts = _parts(first, second)
    told = []
    for place, part in enumerate(parts):
        gone = first[part.start : part.end]
        come = second[part.other_start : part.other_end]
        if part.equal:
            told.append(_around(gone, at_start=place == 0, at_end=place == len(parts) - 1))
        else:
            told.append("".join(["[-", *gone, "-]"]) if gone else "")
            told.append("".join(["{+", *come, "+}"]) if come else "")
    return f"~{_cut(''.join(told), _MAX_WORD_LINE)}"


def _around(words: list[str], *, at_start: bool, at_end: bool) -> str:
    head = [] if at_start else words[:AROUND]
    tail = [] if at_end else words[-AROUND:]
    if len(head) + len(tail) >= len(words):
        return "".join(words)
    return "".join([*head, " ... " if head and tail else "...", *tail])


def _cut(line: str, limit: int = MAX_LINE) -> str:
    return line if len(line) <= limit else f"{line[: limit - 3]}..."

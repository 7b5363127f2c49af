"""What is different in two texts, line by line, for people. Harmless for a terminal, bounded in size.

By the first character of a line: `@` says where, ` ` is in both, `-` in the first, `+` in the second,
`~` is in both but for the words in `[-...-]` (first) and `{+...+}` (second). The latter stands for a
pair of long lines, and for texts of one line.
"""

import re
from collections.abc import Iterator, Sequence

from rapidfuzz.distance import Indel, Opcode

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
    for group in _grouped(Indel.opcodes(first, second).as_list(), context):
        head, last = group[0], group[-1]
        yield (
            f"@@ -{head.src_start + 1},{last.src_end - head.src_start} "
            f"+{head.dest_start + 1},{last.dest_end - head.dest_start} @@"
        )
        for code in group:
            gone = first[code.src_start : code.src_end]
            come = second[code.dest_start : code.dest_end]
            yield from (
                [f" {_cut(line)}" for line in gone] if code.tag == "equal" else _changed(gone, come)
            )


def _changed(gone: list[str], come: list[str]) -> Iterator[str]:
    if len(gone) == len(come) and all(
        min(len(one), len(other)) > LONG for one, other in zip(gone, come, strict=True)
    ):
        yield from [_words(one, other) for one, other in zip(gone, come, strict=True)]
        return
    yield from [f"-{_cut(line)}" for line in gone]
    yield from [f"+{_cut(line)}" for line in come]


def _grouped(codes: Sequence[Opcode], context: int) -> list[list[Opcode]]:
    """The changes, with so many equal lines around them; what is near together is one group."""
    groups: list[list[Opcode]] = []
    near = False  # the present group goes on
    before: Opcode | None = None
    for code in _merged(codes):
        if code.tag != "equal":
            if not near:
                groups.append([_tail(before, context)] if before and context else [])
            groups[-1].append(code)
            near = True
            continue
        if near and code.src_end - code.src_start > 2 * context:
            groups[-1] += [_headed(code, context)] if context else []
            near = False
        elif near:
            groups[-1].append(code)
        before = code
    if groups and groups[-1][-1].tag == "equal":
        groups[-1][-1] = _headed(groups[-1][-1], context)
    return [[code for code in group if _size(code)] for group in groups]


def _merged(codes: Sequence[Opcode]) -> list[Opcode]:
    """A deletion and an insertion beside each other are one replacement."""
    found: list[Opcode] = []
    for code in codes:
        if found and "equal" not in (code.tag, found[-1].tag):
            last = found.pop()
            code = Opcode("replace", last.src_start, code.src_end, last.dest_start, code.dest_end)  # noqa: PLW2901 - the merged one takes its place
        found.append(code)
    return found


def _headed(code: Opcode, context: int) -> Opcode:
    size = min(context, code.src_end - code.src_start)
    return Opcode(
        "equal", code.src_start, code.src_start + size, code.dest_start, code.dest_start + size
    )


def _tail(code: Opcode, context: int) -> Opcode:
    size = min(context, code.src_end - code.src_start)
    return Opcode("equal", code.src_end - size, code.src_end, code.dest_end - size, code.dest_end)


def _size(code: Opcode) -> int:
    return max(code.src_end - code.src_start, code.dest_end - code.dest_start)


def _words(one: str, other: str) -> str:
    first, second = _PIECE.findall(one)[:MAX_WORDS], _PIECE.findall(other)[:MAX_WORDS]
    codes = _merged(Indel.opcodes(first, second).as_list())
    parts = []
    for place, code in enumerate(codes):
        gone = first[code.src_start : code.src_end]
        come = second[code.dest_start : code.dest_end]
        if code.tag == "equal":
            parts.append(_around(gone, at_start=place == 0, at_end=place == len(codes) - 1))
        else:
            parts.append("".join(["[-", *gone, "-]"]) if gone else "")
            parts.append("".join(["{+", *come, "+}"]) if come else "")
    return f"~{_cut(''.join(parts), _MAX_WORD_LINE)}"


def _around(words: list[str], *, at_start: bool, at_end: bool) -> str:
    head = [] if at_start else words[:AROUND]
    tail = [] if at_end else words[-AROUND:]
    if len(head) + len(tail) >= len(words):
        return "".join(words)
    return "".join([*head, " ... " if head and tail else "...", *tail])


def _cut(line: str, limit: int = MAX_LINE) -> str:
    return line if len(line) <= limit else f"{line[: limit - 3]}..."

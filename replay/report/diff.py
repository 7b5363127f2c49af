"""Two texts side by side: lines first, then the words in which two lines differ.

Longest common subsequences by rapidfuzz's bit-parallel Indel distance (Hyyrö 2004), whose time and
memory are bounded by the product of both lengths over 64, however models repeat themselves.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import Indel

from driftgate.replay.report.plain import plain

LIMIT = 20_000  # characters of each text in a report
WHOLE = 200_000  # of an answer on its own
_LINES = 0.03  # lines for each character of the limit, as text has
CONTEXT = 3  # unchanged lines around a change
_ALIKE = 0.3  # lines less alike than this are shown as removed and added
_WORDS = 8_000  # in longer lines words are not compared: its memory grows with the square
_ISLAND = 2  # characters between two changes that are not worth setting apart
_CALLS = re.compile(r"(?m)^(\[calls [^\]\n]{1,200}\]) ([{\[].*)$")  # as readable.shown writes them
_HEX = re.compile(r"(?<!\\)((?:\\\\)*)\\x([0-9a-f]{2})")  # as readable.shown escapes; JSON does not
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a line; marked: the other side has it not."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of both texts. left, right: its pieces; None: that side has no such line.

    skipped: unchanged lines that stand for, and are left out; then it has no pieces.
    """

    left: tuple[Piece, ...] | None = None
    right: tuple[Piece, ...] | None = None
    skipped: int = 0

    @property
    def same(self) -> bool:
        """Whether both sides have the same line."""
        return self.left == self.right and self.left is not None


def diff(left: str, right: str, *, context: int | None = CONTEXT, limit: int = LIMIT) -> list[Line]:
    """The lines of both texts beside each other; harmful characters are escaped.

    JSON on both sides is compared with its keys sorted, one value a line, as it is scored.

    Args:
        left: a text.
        right: the other.
        context: unchanged lines that are kept around a change; None: all of them.
        limit: characters of each text, beyond which it is cut; to as many lines as such texts have.
    """
    ours, theirs = (_lines(each, limit) for each in _readable(left, right, limit))
    lines = list(_paired(ours, theirs))
    return lines if context is None else list(_folded(lines, context))


def unified(lines: Sequence[Line]) -> Iterator[tuple[str, str]]:
    """(sign, text) of each line as `diff -u` writes them: blank, - or +; @ for what is left out."""
    removed: list[str] = []
    added: list[str] = []
    for line in lines:
        if line.skipped or line.same:
            yield from (*(("-", each) for each in removed), *(("+", each) for each in added))
            removed, added = [], []
            yield ("@", skipped(line)) if line.skipped else (" ", joined(line.left))
            continue
        removed += [] if line.left is None else [joined(line.left)]
        added += [] if line.right is None else [joined(line.right)]
    yield from (*(("-", each) for each in removed), *(("+", each) for each in added))


def joined(pieces: tuple[Piece, ...] | None) -> str:
    """The text of a side of a line."""
    return "".join(piece.text for piece in pieces or ())


def skipped(line: Line) -> str:
    """What stands for unchanged lines that are left out."""
    return f"{line.skipped} more line{'' if line.skipped == 1 else 's'} alike"


def _readable(left: str, right: str, limit: int) -> tuple[str, str]:
    pretty = [_pretty(each, limit) for each in (left, right)]
    if pretty[0] and pretty[1]:
        return pretty[0], pretty[1]
    return _spread(left, limit), _spread(right, limit)


def _spread(text: str, limit: int) -> str:
    """The text with the arguments of its tool calls one value a line."""

    def told(found: re.Match[str]) -> str:
        return f"{found[1]}\n{_pretty(found[2], limit) or found[2]}"

    return _CALLS.sub(told, text[: limit + 1]) + text[limit + 1 :]


def _pretty(text: str, limit: int) -> str:
    """JSON objects and arrays, one value a line; "" for what is none, or too long to show."""
    if len(text) > limit or not text.lstrip().startswith(("{", "[")):
        return ""
    try:
        told = json.loads(_HEX.sub(r"\1\\u00\2", text), object_pairs_hook=_object)
        return json.dumps(told, indent=2, ensure_ascii=False, sort_keys=True)
    except (ValueError, RecursionError):
        return ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key occurs twice, and only the text as written shows both")
    return made


def _lines(text: str, limit: int) -> list[str]:
    lines, most = plain(text, limit).split("\n"), int(limit * _LINES)
    if len(lines) > most:
        lines = [*lines[:most], f"[... {len(lines) - most:,} more lines]"]
    return [] if lines == [""] else lines


def _paired(ours: list[str], theirs: list[str]) -> Iterator[Line]:
    for same, of_ours, of_theirs in _blocks(ours, theirs):
        if same:
            for text in of_ours:
                yield Line((Piece(text),), (Piece(text),))
            continue
        for number in range(max(len(of_ours), len(of_theirs))):
            left = of_ours[number] if number < len(of_ours) else None
            right = of_theirs[number] if number < len(of_theirs) else None
            yield from _changed(left, right)


def _blocks(
    ours: Sequence[str], theirs: Sequence[str]
) -> Iterator[tuple[bool, Sequence[str], Sequence[str]]]:
    """Runs of what is alike and of what is not, in turn."""
    at, there = 0, 0
    for block in Indel.opcodes(ours, theirs):
        if block.tag != "equal":
            continue
        if block.src_start > at or block.dest_start > there:
            yield False, ours[at : block.src_start], theirs[there : block.dest_start]
        at, there = block.src_end, block.dest_end
        yield True, ours[block.src_start : at], theirs[block.dest_start : there]
    if len(ours) > at or len(theirs) > there:
        yield False, ours[at:], theirs[there:]


def _changed(left: str | None, right: str | None) -> Iterator[Line]:
    if left is None or right is None:
        yield Line(_whole(left), _whole(right))
        return
    words = _WORD.findall(left), _WORD.findall(right)
    if max(map(len, words)) > _WORDS or Indel.normalized_similarity(left, right) < _ALIKE:
        yield Line(_whole(left), _whole(right))
        return
    ours: list[Piece] = []
    theirs: list[Piece] = []
    blocks = list(_blocks(*words))
    for number, (same, of_ours, of_theirs) in enumerate(blocks):
        inside = 0 < number < len(blocks) - 1
        marked = not same or (inside and len("".join(of_ours).strip()) < _ISLAND)
        _add(ours, "".join(of_ours), marked=marked)
        _add(theirs, "".join(of_theirs), marked=marked)
    yield Line(tuple(ours), tuple(theirs))


def _whole(text: str | None) -> tuple[Piece, ...] | None:
    return None if text is None else (Piece(text, marked=True),)


def _add(pieces: list[Piece], text: str, *, marked: bool) -> None:
    if not text:
        return
    if pieces and pieces[-1].marked == marked:
        pieces[-1] = Piece(pieces[-1].text + text, marked)
    else:
        pieces.append(Piece(text, marked))


def _folded(lines: Sequence[Line], context: int) -> Iterator[Line]:
    changed = [number for number, line in enumerate(lines) if not line.same]
    near = {number for at in changed for number in range(at - context, at + context + 1)} or set(
        range(2 * context)
    )
    left_out = 0
    for number, line in enumerate(lines):
        if number in near or (left_out == 0 and number + 1 in near):
            if left_out:
                yield Line(skipped=left_out)
            left_out = 0
            yield line
        else:
            left_out += 1
    if left_out:
        yield Line(skipped=left_out)

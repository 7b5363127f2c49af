"""Plain tables and wrapped text for terminals and pipes."""

import textwrap
from collections.abc import Iterator, Sequence
from functools import lru_cache

GAP = "  "
LEAST = 8  # cells a narrowed column keeps


@lru_cache(4096)
def _cells(text: str) -> int:
    from rich.cells import cell_len  # noqa: PLC0415 - only text beyond ASCII needs it

    return cell_len(text)


def width(text: str) -> int:
    """How many cells of a terminal `text` takes; wide characters take two."""
    return len(text) if text.isascii() else _cells(text)


def shorten(text: str, room: int) -> str:
    """`text` cut to `room` cells, the cut shown by dots."""
    if width(text) <= room:
        return text
    if text.isascii():
        return text[: max(room - 3, 0)] + "..."[:room]
    from rich.cells import set_cell_size  # noqa: PLC0415 - only text beyond ASCII needs it

    return set_cell_size(text, max(room - 3, 0)) + "..."[:room]


def pad(text: str, room: int, *, right: bool = False) -> str:
    """`text` with blanks up to `room` cells; right: before it."""
    blank = " " * (room - width(text))
    return blank + text if right else text + blank


def wrapped(text: str, room: int | None, indent: str = "") -> list[str]:
    """`text` in lines of at most `room` cells, each with `indent` before it; None: one line."""
    if room is None:
        return [indent + text]
    inner = max(room - len(indent), LEAST)
    lines = textwrap.wrap(text, inner, break_on_hyphens=False) or [""]
    if not text.isascii():  # textwrap counts characters
        lines = [part for line in lines for part in _parts(line, inner)]
    return [indent + each for each in lines]


def _parts(text: str, room: int) -> Iterator[str]:
    """`text` in parts of at most `room` cells, ended at a blank where there is one."""
    while width(text) > room:
        end = min(len(text), room)
        while width(text[:end]) > room:
            end -= 1
        blank = text.rfind(" ", 1, end + 1)
        end = blank if blank > 0 else max(end, 1)
        yield text[:end].rstrip()
        text = text[end:].lstrip()
    yield text


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, text: int, room: int | None
) -> list[str]:
    """The lines of a table whose first `text` columns hold text, the others figures.

    Where it is wider than `room` its text columns are cut; where that is not enough each row becomes
    a block of `head  value` lines.
    """
    natural = _widest([heads, *rows])
    widths = natural if room is None else _fitted(natural, text, room)
    if widths is None:
        return _blocks(heads, rows, room or 0)
    rule = ["-" * each for each in widths]
    return [_line(row, widths, text) for row in (heads, rule, *rows)]


def narrowed(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    text: int,
    room: int | None,
    unneeded: Sequence[str],
) -> list[str]:
    """As `table`; where it is wider than `room`, without columns of `unneeded`, the first ones first."""
    for missing in range(len(unneeded) + 1):
        left_out = set(unneeded[:missing])
        kept = [i for i, head in enumerate(heads) if head not in left_out]
        some = [tuple(row[i] for i in kept) for row in (heads, *rows)]
        if room is None or _fitted(_widest(some), text, room) is not None:
            return table(some[0], some[1:], text=text, room=room)
    return table(heads, rows, text=text, room=room)


def _widest(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(width, column)) for column in zip(*rows, strict=True)]


def _fitted(natural: Sequence[int], text: int, room: int) -> list[int] | None:
    widths = list(natural)
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - room
    while excess > 0:
        widest = max(range(text), key=lambda i: widths[i])
        if widths[widest] <= LEAST:
            return None
        widths[widest] -= 1
        excess -= 1
    return widths


def _line(cells: Sequence[str], widths: Sequence[int], text: int) -> str:
    padded = [
        pad(shorten(cell, room), room, right=number >= text)
        for number, (cell, room) in enumerate(zip(cells, widths, strict=True))
    ]
    return GAP.join(padded).rstrip()


def _blocks(heads: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> list[str]:
    label = max(width(head) for head in heads)
    left = max(room - label - len(GAP), LEAST)
    lines = []
    for number, row in enumerate(rows):
        lines += [""] if number else []
        for head, cell in zip(heads, row, strict=True):
            lines.append(f"{pad(head, label)}{GAP}{shorten(cell, left)}")
    return lines

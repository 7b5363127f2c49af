"""Plain tables for terminals and pipes: aligned columns, a rule below the header, no borders.

A table that is wider than its terminal first narrows its text columns; when that would leave them
unreadable, each row is written as a block of `column  value` lines instead.
"""

from collections.abc import Sequence

from driftgate.replay.report.columns import GAP, LEAST, pad, shorten, width


def fit(natural: Sequence[int], narrowable: Sequence[bool], room: int) -> list[int] | None:
    """Column widths within `room`, the widest narrowed first; None when it cannot be done."""
    widths = list(natural)
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - room
    while excess > 0:
        able = [i for i, yes in enumerate(narrowable) if yes and widths[i] > LEAST]
        if not able:
            return None
        widest = max(widths[i] for i in able)
        group = [i for i in able if widths[i] == widest]
        below = max((widths[i] for i in able if widths[i] < widest), default=LEAST)
        cut = min(widest - max(below, LEAST), max(excess // len(group), 1))
        for i in group:
            step = min(cut, excess)
            widths[i] -= step
            excess -= step
    return widths


def render(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[bool],
    narrow: Sequence[bool] | None = None,
    room: int | None = None,
    bold: bool = False,
) -> list[str]:
    """The lines of a table. Cells must be harmless one-line text already.

    Args:
        columns: the names.
        rows: a text for each column.
        right: which columns hold numbers.
        narrow: which columns may be cut; None for all that hold no numbers.
        room: the terminal's width; None for as wide as it gets.
        bold: whether the header is.
    """
    if not columns:
        return []
    natural = [
        max([width(name), *(width(row[i]) for row in rows)]) for i, name in enumerate(columns)
    ]
    widths: list[int] | None = natural
    if room is not None:
        widths = fit(natural, narrow or [not number for number in right], room)
    if widths is None:
        return _blocks(columns, rows, room, bold)
    lines = [line(columns, widths, right), GAP.join("-" * each for each in widths)]
    if bold:
        lines[0] = f"\x1b[1m{lines[0]}\x1b[0m"
    return lines + [line(row, widths, right) for row in rows]


def line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    """One row, each cell cut and padded to its column."""
    cut = [shorten(cell, room) for cell, room in zip(cells, widths, strict=True)]
    padded = [
        pad(cell, room, right=yes) for cell, room, yes in zip(cut, widths, right, strict=True)
    ]
    return GAP.join(padded).rstrip()


def _blocks(
    columns: Sequence[str], rows: Sequence[Sequence[str]], room: int | None, bold: bool
) -> list[str]:
    label = max(width(name) for name in columns)
    lines = []
    for number, row in enumerate(rows, 1):
        head = f"-- {number} "
        lines.append(f"\x1b[1m{head}\x1b[0m" if bold else head.rstrip())
        for name, cell in zip(columns, row, strict=True):
            left = max((room or 0) - label - len(GAP), LEAST)
            value = cell if room is None else shorten(cell, left)
            lines.append(f"{pad(name, label)}{GAP}{value}".rstrip())
    return lines

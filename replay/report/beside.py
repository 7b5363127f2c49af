"""A diff in two columns, for a terminal that is wide enough."""

from collections.abc import Iterator, Sequence

from driftgate.replay.report.columns import pad, width
from driftgate.replay.report.diff import Line, Piece, skipped

LEAST_ROOM = 100  # cells, below which two columns are no help
_BETWEEN = " | "
_SIGN = 2  # cells of the sign and its blank


def beside(lines: Sequence[Line], room: int, *, bold: bool = False) -> Iterator[str]:
    """The lines, `-` before what only the left side has and `+` before what only the right has.

    room: cells of the terminal. bold: whether it shows bold; then the words that differ are.
    """
    column = (room - len(_BETWEEN)) // 2 - _SIGN
    for line in lines:
        if line.skipped:
            yield f"@ {skipped(line)}"
            continue
        left = _side(line.left, " " if line.same else "-", column, bold)
        right = _side(line.right, " " if line.same else "+", column, bold)
        for number in range(max(len(left), len(right))):
            ours = left[number] if number < len(left) else " " * (column + _SIGN)
            theirs = right[number] if number < len(right) else ""
            yield f"{ours}{_BETWEEN}{theirs}".rstrip()


def _side(pieces: tuple[Piece, ...] | None, sign: str, room: int, bold: bool) -> list[str]:
    """One side of a line, wrapped to `room` cells, each part padded to them."""
    if pieces is None:
        return []
    rows: list[list[Piece]] = [[]]
    left = room
    for piece in pieces:
        for part in _parts(piece.text.expandtabs(4), left, room):
            if part == "\n":
                rows.append([])
                left = room
            elif part:
                rows[-1].append(Piece(part, piece.marked))
                left -= width(part)
    return [
        f"{sign if not number else ' '} {_row(row, room, bold)}" for number, row in enumerate(rows)
    ]


def _parts(text: str, left: int, room: int) -> Iterator[str]:
    """`text` in parts that fit what is left of the line, line ends between them."""
    while text:
        size = min(len(text), left)
        while size and width(text[:size]) > left:
            size -= 1
        yield text[:size]
        text, left = text[size:], room
        if text:
            yield "\n"


def _row(pieces: Sequence[Piece], room: int, bold: bool) -> str:
    blank = pad("", room - sum(width(piece.text) for piece in pieces))
    told = [f"\x1b[1m{p.text}\x1b[0m" if bold and p.marked else p.text for p in pieces]
    return f"{''.join(told)}{blank}"

"""One piece of an answer that is under way."""

from collections.abc import Sequence
from typing import NamedTuple


class Piece(NamedTuple):
    """What some bytes of a stream said.

    arguments: of tool calls, as the model writes them. tool_names: of calls whose name is known by
        now; of a namespaced one the bare name.
    """

    text: str = ""
    reasoning: str = ""
    arguments: str = ""
    tool_names: tuple[str, ...] = ()


NOTHING = Piece()


def joined(pieces: Sequence[Piece]) -> Piece:
    """Several pieces as one."""
    if len(pieces) == 1:
        return pieces[0]
    return Piece(
        "".join([piece.text for piece in pieces]),
        "".join([piece.reasoning for piece in pieces]),
        "".join([piece.arguments for piece in pieces]),
        tuple(name for piece in pieces for name in piece.tool_names),
    )

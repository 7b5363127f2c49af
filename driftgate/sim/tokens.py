"""A simple tokenizer: short words with their leading space, digits by three, punctuation.

Plausible, not Gemma's: about four characters of English a token. Pieces join to the text.
"""

import re

_PIECE = re.compile(
    r"<\|?[a-z_]+\d*\|?>"  # special tokens: <|turn>, <channel|>, <unused49>
    r"| ?[^\W\d_]{1,8}"
    r"| ?\d{1,3}"
    r"|[ \t]+"
    r"|.",
    re.DOTALL,
)


def pieces(text: str) -> list[str]:
    """The text's tokens, as text."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    """How many tokens the text has."""
    return sum(1 for _ in _PIECE.finditer(text))

"""Texts: exactly, folded, and how many words must change.

Left to `json_structure` and `json_values` where both answers are JSON, but for `text_exact`.
"""

from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.features import Features
from driftgate.replay.compare.told import counted, told
from driftgate.replay.compare.words import EDITED, edits, first_difference

_BEFORE, _SHOWN = 10, 40  # characters before a difference, and in all, that a reason shows

_ALIKE = Aspect(0.0)


def text_exact(one: Features, other: Features) -> Aspect | None:
    """0: the same, character for character, as the models wrote them. None: neither has a text."""
    first, second = one.answer.text, other.answer.text
    if first == second:
        return _ALIKE if first else None
    at = first_difference(first, second)
    return Aspect(1.0, f"the texts differ from character {at + 1:,} on")


def text_folded(one: Features, other: Features) -> Aspect | None:
    """0: the same apart from case, white space, forms of Unicode and what is made by chance."""
    if one.answer.text == other.answer.text:
        return _ALIKE if one.answer.text else None
    first, second = one.phrase.folded, other.phrase.folded
    if first == second:
        return _ALIKE
    at = max(first_difference(first, second) - _BEFORE, 0)
    return Aspect(1.0, f"{_shown(first, at)} against {_shown(second, at)}")


def text(one: Features, other: Features) -> Aspect | None:
    """The words of the folded texts to insert, delete or replace, as a share of the longer one's.

    Beyond the first 4,096 words of a text their order does not count; see
    `driftgate.replay.compare.words.edits`.
    """
    if one.answer.text == other.answer.text:
        return _ALIKE if one.answer.text else None
    first, second = one.phrase, other.phrase
    if first.folded == second.folded:
        return _ALIKE
    changed, longer = edits(first.words, second.words), max(first.words.count, second.words.count)
    if not changed:
        return _ALIKE
    about = "about " if longer > EDITED else ""
    return Aspect(changed / longer, f"{about}{changed:,} of {counted(longer, 'word')} differ")


def _shown(folded: str, at: int) -> str:
    if not folded:
        return "no text"
    return f"'{'...' if at else ''}{told(folded[at : at + _SHOWN + 1], _SHOWN)}'"

"""Texts as words, and how many of them must change to make one text of the other."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import islice

from rapidfuzz.distance import Levenshtein

EDITED = 4_096  # words of a text that are compared in their order; two such texts take 2 ms

_WORD = re.compile(r"\w+|[^\w\s]")
# Scripts without spaces: each character is a word. Kana, CJK ideographs, their compatibility forms.
_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_ANY_WORD = re.compile(rf"[{_ALONE}]|[^\W{_ALONE}]+|[^\w\s]")
# What a typographer writes for the characters of a keyboard; NFKC leaves these as they are.
_KEYBOARD = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b", "'"),
    **dict.fromkeys("\u201c\u201d\u201e", '"'),
    **dict.fromkeys("\u2010\u2011\u2013\u2014\u2212", "-"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """A text's words: the first EDITED in their order, how often each of the rest occurs.

    count: of all words.
    """

    head: list[str]
    rest: Counter[str]
    count: int


def folded(text: str) -> str:
    """The text without what is mere form: case, white space, Unicode's variants of a character.

    Unicode: NFKC, then full case folding (Unicode Standard, 3.13); typographic quotes and dashes
    become those of a keyboard.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        for typeset, plain in _KEYBOARD.items():  # many times as fast as str.translate
            text = text.replace(typeset, plain)
    return " ".join(text.casefold().split())


def words_of(text: str) -> Words:
    """The words of a text: runs of letters and digits; any other character but white space alone."""
    found = (_WORD if text.isascii() else _ANY_WORD).findall(text)
    if len(found) <= EDITED:
        return Words(found, Counter(), len(found))
    return Words(found[:EDITED], Counter(islice(found, EDITED, None)), len(found))


class Phrase:
    """A text that is compared more than once: folded, and as words, made at most once."""

    __slots__ = ("_folded", "_words", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._folded: str | None = None
        self._words: Words | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Phrase) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    @property
    def folded(self) -> str:
        """The text without what is mere form."""
        if self._folded is None:
            self._folded = folded(self.text)
        return self._folded

    @property
    def words(self) -> Words:
        """The words of the folded text."""
        if self._words is None:
            self._words = words_of(self.folded)
        return self._words


def edits(one: Words, other: Words) -> int:
    """Words to insert, delete or replace to make one text of the other (Levenshtein, 1966).

    Exact up to EDITED words a text. Of those beyond only how often each occurs is compared, not
    their order, so that a text of a megabyte takes no longer than it takes to read: what stays the
    same but moves across the bound counts as changed there, what moves beyond it does not.
    """
    found = int(Levenshtein.distance(one.head, other.head))
    if one.rest or other.rest:
        kept = sum((one.rest & other.rest).values())
        found += max(one.count - len(one.head), other.count - len(other.head)) - kept
    return found


def apart(one: Words, other: Words) -> float:
    """The edits as a share of the longer text's words: 0 none, 1 all."""
    longer = max(one.count, other.count)
    return edits(one, other) / longer if longer else 0.0


def first_difference(one: str, other: str) -> int:
    """How many characters both texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low

r"""A flood: one short unit that is repeated to the very end of a text.

Seen of Gemma 4: `thought\n` a thousand times, `<unused49>`, newlines without end. A period is found
by looking for the last characters once more before the end; then slices are compared, so that all
that touches each character runs in C.

What repeats rightly (a matrix of zeros, rulers, tables, logs, refrains) is told from a flood by its
unit and by how long it goes on. Limits as (repeats, characters); both must be reached:

| unit | nothing before it | something before it | cut off there |
|---|---|---|---|
| white space | 256 characters with 32 line ends, or 1,024 | the same | the same |
| a control token | 16 | 16 | 16 |
| words, or one punctuation mark | 64, 400 | 200, 1,000 | 64, 400 |
| longer than a line | 24, 4,000 | 200, 1,000 | 8, 2,000 |
| digits, brackets, table bars; a lone letter | 512, 2,048 | 4,096, 8,192 | 1,024, 2,048 |
"""

from collections.abc import Callable
from typing import NamedTuple

WINDOW = 2_048  # characters of the longest unit
_NEEDLE = 32  # characters looked for
_SHORTEST = 64  # characters of the shortest text that is looked at
_LINE = 80  # characters; a longer unit is a loop, no flood
_WHITE_LINES, _WHITE_SHORT, _WHITE_LONG = 32, 256, 1_024
_DATA = frozenset("0123456789{}[]<>|,;=\\/")
_TOKEN_MARKS = ("<unused", "<|", "|>", "_turn>", "<bos>", "<eos>", "<pad>", "<unk>")
# unit -> (whole text, after something, cut off), each (repeats, characters)
_LIMITS = {
    "token": ((16, 64), (16, 64), (16, 64)),
    "words": ((64, 400), (200, 1_000), (64, 400)),
    "loop": ((24, 4_000), (200, 1_000), (8, 2_000)),
    "data": ((512, 2_048), (4_096, 8_192), (1_024, 2_048)),
}


class Tail(NamedTuple):
    """The longest periodic end of a text. period, length: characters."""

    period: int
    length: int


class Flood(NamedTuple):
    """A flood: what is repeated, how often, and how many characters it takes."""

    unit: str
    repeats: int
    length: int

    @property
    def is_loop(self) -> bool:
        """Whether the unit is longer than a line: a loop rather than one token."""
        return len(self.unit) > _LINE

    def __str__(self) -> str:
        unit = repr(self.unit if len(self.unit) <= _LINE else self.unit[: _LINE - 3] + "...")
        return f"{unit} is repeated {self.repeats} times to the end ({self.length} characters)"


def flood_of(text: str, *, ended: bool) -> Flood | None:
    """The flood at the end of a text; None where there is none.

    ended: the model came to its own end there; False where a limit or a broken connection cut it.
    """
    tail = periodic_tail(text)
    if tail is None or tail.length < _SHORTEST:
        return None
    unit = _aligned(text[-tail.period :])
    flood = Flood(unit, tail.length // tail.period, tail.length)
    return flood if _is_flood(flood, len(text), ended=ended) else None


def _aligned(unit: str) -> str:
    """The unit from where a line or a token begins: the text may end anywhere within it."""
    start = unit.rfind("\n") + 1 or max(0, unit.find("<"))
    return unit[start:] + unit[:start]


def periodic_tail(text: str) -> Tail | None:
    """The periodic end of a text, by its shortest period; None where the end does not repeat."""
    size = len(text)
    if size < _SHORTEST:
        return None
    at = text.rfind(text[-_NEEDLE:], max(0, size - WINDOW - _NEEDLE), size - 1)
    if at < 0:
        return None
    period = size - _NEEDLE - at
    return Tail(period, _length(text, period))


def _length(text: str, period: int) -> int:
    """How many characters at the end repeat with this period: doubled, then halved."""
    size = len(text)

    def repeats(length: int) -> bool:
        start = size - length
        return text[start : size - period] == text[start + period :]

    known, tried = period + _NEEDLE, 2 * (period + _NEEDLE)
    while tried < size and repeats(tried):
        known, tried = tried, 2 * tried
    return _last_true(repeats, known, min(tried, size))


def _last_true(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The last of low..high for which it holds; it holds for low, and ends once."""
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _is_flood(flood: Flood, size: int, *, ended: bool) -> bool:
    if flood.unit.isspace():
        lines = flood.length // len(flood.unit) * flood.unit.count("\n")
        return flood.length >= (_WHITE_SHORT if lines >= _WHITE_LINES else _WHITE_LONG)
    kind = kind_of(flood.unit)
    whole, after, cut = _LIMITS[kind]
    limits = [whole if flood.length == size else after]
    if not ended:
        limits.append(cut)
    return any(flood.repeats >= times and flood.length >= least for times, least in limits)


def kind_of(unit: str) -> str:
    """Which limits a unit has: token, words, loop or data."""
    if "<" in unit and any(mark in unit for mark in _TOKEN_MARKS):
        return "token"
    letters = any(map(str.isalpha, unit))
    if len(unit) == 1 and unit.isalnum() and unit.isascii():
        return "data"  # base64 and hex have long runs of one letter
    if not _DATA.isdisjoint(unit) and (not letters or len(unit) <= _LINE):
        return "data"
    return "loop" if len(unit) > _LINE else "words"

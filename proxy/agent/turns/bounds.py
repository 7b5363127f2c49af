"""What models, commands and Codex write, cut to a size that can be kept. Pure.

A command may print gigabytes, a title may hold escape sequences, an item may nest without end.
"""

import re
from typing import Any

from driftgate.proxy.dialects.lenient import clean

LINE = 300  # characters of a title
TEXT = 65_536  # of a command's output, of a diff
MESSAGE = 1_048_576  # of an agent message or of reasoning
NAME = 200  # of an id

_STRING, _LONGEST = 8_192, 64  # of a string in `data`, of a list or an object there
_DEPTH = 8
_BUDGET = 65_536  # characters of `data` in all
_UNPRINTABLE = re.compile(
    r"[\x00-\x20\x7f-\xa0\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+"
)


def line(text: str, limit: int = LINE) -> str:
    """The text as one line for people: blanks and what does not print become one space each."""
    told = _UNPRINTABLE.sub(" ", clean(text[: 4 * limit])).strip()
    return told if len(told) <= limit and len(text) <= 4 * limit else told[: limit - 1] + "…"


def cut(text: str, limit: int = TEXT) -> str:
    """The text; of one that is too long its beginning and its end, which says how a command ended."""
    if len(text) <= limit:
        return clean(text)
    half = limit // 2
    left_out = len(text) - 2 * half
    end = text[len(text) - half :]
    return clean(f"{text[:half]}\n[... {left_out} characters left out ...]\n{end}")


def bounded(value: dict[str, Any]) -> dict[str, Any]:
    """The object with long strings, lists and objects cut, and nothing below a depth of eight."""
    budget = [_BUDGET]
    return {
        clean(key[:NAME]): _bounded(inner, _DEPTH, budget)
        for key, inner in list(value.items())[:_LONGEST]
    }


def _bounded(value: Any, depth: int, budget: list[int]) -> Any:
    if isinstance(value, str):
        told = cut(value, max(0, min(_STRING, budget[0])))
        budget[0] -= len(told)
        return told
    budget[0] -= 8
    if not isinstance(value, (dict, list)):
        return value if not isinstance(value, int) or value.bit_length() <= 63 else None  # noqa: PLR2004 - what the history's integers hold
    if depth == 0 or budget[0] <= 0:
        return None
    if isinstance(value, list):
        return [_bounded(inner, depth - 1, budget) for inner in value[:_LONGEST]]
    return {
        clean(key[:NAME]): _bounded(inner, depth - 1, budget)
        for key, inner in list(value.items())[:_LONGEST]
    }

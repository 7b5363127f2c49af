"""Regular expressions of strangers, searched with a limit on time.

The `regex` module gives up after a time, which the standard library's cannot. ECMA-262, which JSON
Schema asks for, differs in details that are rare in practice. This is the one place in contracts
where time counts, and it counts only for patterns that run away.
"""

import re
from functools import lru_cache
from time import perf_counter

import regex

TEXT_LIMIT = 1_000_000  # characters
PATTERN_LIMIT = 10_000  # characters
SECONDS = 0.1  # for one search
TAME_LIMIT = 512  # characters of a text that a tame pattern is searched in without a limit on time
_REPEATS = re.compile(r"[*+?{]")


@lru_cache(512)
def _compiled(pattern: str) -> "regex.Pattern[str] | str":
    """The pattern, or why it does not compile."""
    if len(pattern) > PATTERN_LIMIT:
        return f"is longer than {PATTERN_LIMIT} characters"
    try:
        return regex.compile(pattern)
    except regex.error as error:
        return str(error)
    except (ValueError, OverflowError, RecursionError, MemoryError, IndexError, KeyError) as error:
        return f"{type(error).__name__} {error}".strip()


@lru_cache(512)
def _is_tame(pattern: str) -> bool:
    """Whether it takes a square of the text's length at most: no groups, and one repeat.

    Asking for a limit on time costs five times what searching a short text does.
    """
    return "(" not in pattern and len(_REPEATS.findall(pattern)) <= 1


def compiles(pattern: str) -> str | None:
    """Why it does not compile; None where it does."""
    made = _compiled(pattern)
    return made if isinstance(made, str) else None


def search(pattern: str, text: str, seconds: float = SECONDS) -> bool | None:
    """Whether the pattern occurs in the text.

    None: it took longer than `seconds`, the text is over the limit, or the pattern does not compile.
    """
    made = _compiled(pattern)
    if isinstance(made, str) or len(text) > TEXT_LIMIT:
        return None
    try:
        if len(text) <= TAME_LIMIT and _is_tame(pattern):
            return made.search(text) is not None
        return made.search(text, timeout=seconds) is not None
    except (TimeoutError, RecursionError, MemoryError):
        return None


class Allowance:
    """Seconds for many searches together, so that many slow ones are no way around the limit."""

    __slots__ = ("left",)

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def search(self, pattern: str, text: str) -> bool | None:
        """As `search`, within what is left; None too once nothing is."""
        if self.left <= 0:
            return None
        if len(text) <= TAME_LIMIT and _is_tame(pattern):
            return search(pattern, text)
        began = perf_counter()
        found = search(pattern, text, min(self.left, SECONDS))
        self.left -= perf_counter() - began
        return found

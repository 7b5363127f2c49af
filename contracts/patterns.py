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
TAME_LIMIT = 512  # characters: one repeat and no groups takes at most a square of that
PLAIN_LIMIT = 100_000  # characters: without repeats a search takes one look at each, or a few
_CHOICES = 4  # in a pattern without repeats: each may double the work
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
def _tame_limit(pattern: str) -> int:
    """Up to how many characters no text can make it run away; 0: that cannot be said.

    Asking for a limit on time costs five times what searching a short text does.
    """
    bare = pattern.removeprefix("(?i)")
    repeats = len(_REPEATS.findall(bare.replace("(?:", "(")))
    if "(" not in bare and repeats <= 1:
        return TAME_LIMIT if repeats else PLAIN_LIMIT
    if "(?" in bare.replace("(?:", "(") or repeats:
        return 0
    return PLAIN_LIMIT if bare.count("|") <= _CHOICES else 0


@lru_cache(512)
def tame(pattern: str) -> "regex.Pattern[str] | None":
    """The pattern, where no text of up to TAME_LIMIT characters can make it run away."""
    made = _compiled(pattern)
    return None if isinstance(made, str) or not _tame_limit(pattern) else made


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
        if len(text) <= _tame_limit(pattern):
            return made.search(text) is not None
        return made.search(text, timeout=seconds) is not None
    except (TimeoutError, RecursionError, MemoryError):
        return None


class Allowance:
    """Seconds for many searches together, so that many slow ones are no way around the limit.

    share: the part of what is left that one search may take; below 1 none takes it all.
    """

    __slots__ = ("_share", "left")

    def __init__(self, seconds: float, share: float = 1.0) -> None:
        self.left, self._share = seconds, share

    def search(self, pattern: str, text: str) -> bool | None:
        """As `search`, within what is left; None too once nothing is."""
        if self.left <= 0:
            return None
        known = tame(pattern) if len(text) <= TAME_LIMIT else None
        if known is not None:
            return known.search(text) is not None
        granted, began = min(self.left * self._share, SECONDS), perf_counter()
        found = search(pattern, text, granted)
        # what a busy machine took beyond is not the pattern's doing
        self.left -= min(perf_counter() - began, granted)
        return found

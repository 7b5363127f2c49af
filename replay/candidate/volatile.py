"""What differs from time to time though nothing has changed: ids, times, places. Folded away. Pure.

The volatile parts of a Codex session: ids of items and calls, thread and turn, `prompt_cache_key`,
`client_metadata`, date and working directory in `<environment_context>`, `Chunk ID` and `Wall time` in
tools' outputs.
"""

import re
from collections.abc import Iterable

# An id: a server's or client's prefix, then 8 or more letters and digits with a digit among them.
_PREFIXES = (
    "chatcmpl|cmpl|resp|msg|rs|fc|fco|ctc|ctco|call|toolu|item|ws|run|thread|turn|req|chat|session"
)
_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_ID = re.compile(
    rf"(?:{_UUID}|(?:{_PREFIXES})[_-](?:{_UUID}|(?=[A-Za-z]{{0,60}}\d)[A-Za-z0-9]{{8,100}}))"
)
_WORD = re.compile(r"[\w-]{8,}")
_DATE = re.compile(
    r"(?<![\w-])\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?P<time>[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?![\w-])"
)
_CWD = re.compile(r"<cwd>([^<\n]{1,4096})</cwd>")
_SHORTEST_PATH = 4  # characters; a shorter one, such as `/`, is part of any other
_MOST_PATHS = 8  # a conversation has one or two; each costs a walk through the text

# What stands before a volatile value -> the value, and what is written for it. By what is looked for
# first, since most texts have none of them.
_LED: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    [
        (lead, re.compile(f"(?P<lead>{pattern})(?:{value})"), kind)
        for lead, pattern, value, kind in (
            ("prompt_cache_key", r'"prompt_cache_key"\s*:\s*', r'"[^"\\]{0,200}"', "<key>"),
            ("turn_started_at_unix_ms", r'"turn_started_at_unix_ms"\s*:\s*', r"\d+", "<time>"),
            ("<cwd>", "<cwd>", r"<path>|[^<\n]{1,4096}", "<path>"),
            ("<current_date>", "<current_date>", r"[^<\n]{1,100}", "<date>"),
            ("Chunk ID: ", r"\bChunk ID: ", "[0-9a-f]+", "<chunk>"),
            ("Wall time: ", r"\bWall time: ", "[0-9.]+", "<seconds>"),
        )
    ]
)


def normalised(text: str, *, cwd: Iterable[str] = (), dates: bool = True) -> str:
    """The text with each volatile part replaced by its kind, as `<id>` or `<date>`.

    Two texts that differ in nothing else are equal then. Time linear in the text's length.

    Args:
        text: of a request or an answer.
        cwd: working directories to fold besides those that the text itself names as `<cwd>`.
        dates: whether dates and times are folded. Not where they are what is asked for, such as an
            invoice's date in a JSON answer: a wrong one would not be seen.
    """
    for path in _directories(text, cwd):
        text = text.replace(path, "<path>")
    for lead, pattern, kind in _LED:
        if lead in text:
            text = pattern.sub(rf"\g<lead>{kind}", text)
    text = _WORD.sub(_word, text)
    return _DATE.sub(_date, text) if dates and "-" in text else text


def _directories(text: str, cwd: Iterable[str]) -> list[str]:
    """The paths to fold, the longest first, since one may lie in another."""
    named = _CWD.findall(text) if "<cwd>" in text else []
    paths = {path.rstrip("/") for path in (*cwd, *named)}
    long = sorted((path for path in paths if len(path) >= _SHORTEST_PATH), key=len, reverse=True)
    return long[:_MOST_PATHS]


def _word(found: re.Match[str]) -> str:
    word = found[0]
    return "<id>" if not word.isalpha() and _ID.fullmatch(word) else word


def _date(found: re.Match[str]) -> str:
    return "<time>" if found["time"] else "<date>"

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
_TIME = r"[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?"
_DATE = r"(?<![\d-])\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![\d-])"
_CWD = re.compile(r"<cwd>([^<\n]{1,4096})</cwd>")
_SHORTEST_PATH = 4  # characters; a shorter one, such as `/`, is part of any other

_VOLATILE = re.compile(
    rf"""(?P<field>"(?:prompt_cache_key|client_request_id|turn_started_at_unix_ms)"\s*:\s*)
            (?:"[^"\\]{{0,200}}"|\d{{1,20}})
    |(?P<tag><(?:cwd|current_date|timezone)>)(?:<path>|[^<\n]{{1,4096}})
    |(?P<chunk>\bChunk\ ID:\ )[0-9a-f]+
    |(?P<wall>\bWall\ time:\ )[0-9.]+
    |(?P<id>(?<![\w-])(?:{_PREFIXES})[_-](?:{_UUID}|(?=[A-Za-z]{{0,60}}\d)[A-Za-z0-9]{{8,100}})(?![\w-]))
    |(?P<uuid>(?<![\w-]){_UUID}(?![\w-]))
    |(?P<time>{_DATE}{_TIME}(?![\w]))
    |(?P<date>{_DATE})""",
    re.VERBOSE,
)
_LEADS = ("field", "tag", "chunk", "wall")  # kept; what follows them is folded


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
    return _VOLATILE.sub(_folded if dates else _folded_but_dates, text)


def _directories(text: str, cwd: Iterable[str]) -> list[str]:
    named = {found.rstrip("/") for found in _CWD.findall(text)} if "<cwd>" in text else set()
    given = {path.rstrip("/") for path in cwd}
    return sorted(
        (path for path in named | given if len(path) >= _SHORTEST_PATH), key=len, reverse=True
    )


def _folded(found: re.Match[str]) -> str:
    kind = found.lastgroup or ""
    if kind not in _LEADS:
        return "<id>" if kind == "uuid" else f"<{kind}>"
    return f"{found[kind]}<{kind}>"


def _folded_but_dates(found: re.Match[str]) -> str:
    return found[0] if found.lastgroup in ("time", "date") else _folded(found)

"""The message that asks a model to answer again."""

import re
from collections.abc import Sequence

from driftgate.contracts.verdict import Severity, Violation

SIZE_LIMIT = 6000  # bytes of the whole message
SCHEMA_LIMIT = 4000  # bytes; a longer schema is not shown
LISTED = 8  # violations
_PLACE = 80  # characters of a path
_REASON = 160  # characters of a reason
_TOKEN = re.compile(r"<\|?[/\w\"]{1,40}\|?>|<\||\|>")
_HEAD = "Your last answer could not be accepted:"
_TAIL = "Answer again, with the corrected answer only: no explanation, no apology, no code fence."


def reask(violations: Sequence[Violation], *, schema: str | None) -> str:
    """What was wrong and where, the schema where it is short, and the wish for another answer.

    A user message in plain text, at most 6,000 bytes. Reasons may quote what the model wrote:
    each is one line, cut, and has no marker that a template could take for its own.
    """
    lines = [_HEAD, *_listed(violations)]
    if schema is not None and len(schema.encode("utf-8", "replace")) <= SCHEMA_LIMIT:
        lines += ["", "The answer must be JSON that fits this JSON Schema:", schema]
    text = "\n".join([*lines, "", _TAIL])
    if len(text.encode("utf-8", "replace")) > SIZE_LIMIT:
        return "\n".join([*lines[:2], "", _TAIL])
    return text


def _listed(violations: Sequence[Violation]) -> list[str]:
    """One line for each error, or for each warning where there is no error."""
    errors = [each for each in violations if each.severity is Severity.ERROR]
    chosen = list(dict.fromkeys(map(_line, errors or violations)))
    more = len(chosen) - LISTED
    rest = [f"- and {more} more"] if more > 0 else []
    return (chosen[:LISTED] + rest) or ["- it does not fit what was asked for"]


def _line(violation: Violation) -> str:
    place = _quoted(violation.path, _PLACE)
    where = f" (at {place})" if place else ""
    return f"- {_quoted(violation.reason or violation.keyword, _REASON)}{where}"


def _quoted(text: str, limit: int) -> str:
    """One printable line without control tokens, cut."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    plain = _TOKEN.sub("(token)", plain)
    return plain if len(plain) <= limit else plain[: limit - 3] + "..."

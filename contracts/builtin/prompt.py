"""What the person asked for last, as far as detectors need it to tell a wish from a fault."""

import re

from driftgate.contracts.exchange import Asked

_LIMIT = 4_000  # characters, from the end
_TURNED = 256  # places at which the unit may begin
_REPETITION = re.compile(
    r"\brepeat(?:ed(?:ly)?|ing)?\b|\b(?:\d{2,}|hundred|thousand)\W+(?:\w+\W+){0,2}?"
    r"(?:times|lines|copies|rows|characters|zeros|spaces|newlines)\b|\btimes in a row\b"
    r"|\bmatrix\b|\bpadding\b|\bfilled with\b|\bover and over\b",
    re.IGNORECASE,
)


def last_user_text(asked: Asked) -> str:
    """The end of the last message of the user; empty where there is none."""
    for item in reversed(asked.items):
        if item.role == "user" and item.kind == "message":
            return item.text[-_LIMIT:]
    return ""


def wants_repetition(asked: Asked, unit: str) -> bool:
    """Whether the user asked that this be repeated: says so, and names the unit if it has words."""
    prompt = last_user_text(asked)
    if not _REPETITION.search(prompt):
        return False
    if not any(map(str.isalpha, unit)):
        return True
    unit, prompt = unit.lower(), prompt.lower()
    turned = (unit[start:] + unit[:start] for start in range(min(len(unit), _TURNED)))
    return any(words.strip() in prompt for words in turned)

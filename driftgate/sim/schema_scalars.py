"""Strings and numbers that satisfy a JSON Schema."""

import math
import re
from typing import Any

from driftgate.sim.ask import Json
from driftgate.sim.dice import Dice

_FORMATS = {
    "date": "2026-01-15",
    "time": "10:30:00Z",
    "date-time": "2026-01-15T10:30:00Z",
    "duration": "PT15M",
    "email": "user@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_WORDS = ("blue", "green", "small", "quick", "plain", "north", "river", "stone")
_LIKELY: tuple[str, ...] = (
    "a",
    "A",
    "abc",
    "ABC",
    "Abc",
    "1",
    "12",
    "123",
    "1234",
    "12345",
    "A1",
    "a-b",
    "A-123",
)
_LIKELY += ("2026-01-15", "10:30", "user@example.com", "https://example.com/", "#a0b1c2", "1.2.3")
_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,12})?", re.ASCII)
_LONG = 100_000


def string(schema: Json, hint: Any, dice: Dice, place: str) -> str:
    """A string of the schema's format and length; the hint where it fits."""
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    least = int(schema.get("minLength", 0))
    most = min(int(schema.get("maxLength", _LONG)), _LONG)
    text = str(hint) if hint is not None else dice.pick(_WORDS, f"word {place}")
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        text = _matching(pattern, [text, *_WORDS, *_LIKELY])
    while len(text) < min(least, _LONG):
        text += " " + text if text else "a"
    return text[: max(most, 0)] if least <= len(text[:most]) else text[:least]


def _matching(pattern: str, candidates: list[str]) -> str:
    """The first candidate that matches; the pattern itself (often a literal) else."""
    try:
        known = re.compile(pattern)
    except re.error:
        return candidates[0]
    literal = pattern.strip("^$")
    return next((c for c in [*candidates, literal] if known.search(c)), literal)


def number(schema: Json, kind: str, hint: Any, dice: Dice, place: str) -> float | int:
    """A number within the schema's bounds; the hint where it fits."""
    low, high = _bounds(schema, kind)
    step = schema.get("multipleOf") or (1 if kind == "integer" else None)
    wanted = _as_number(hint)
    if wanted is None:
        wanted = low + (high - low) * (0.0 if dice.cold else dice.fraction(f"number {place}"))
        wanted = round(wanted, 2) if low <= round(wanted, 2) <= high else wanted
    wanted = min(max(wanted, low), high)
    if step:
        wanted = math.ceil(wanted / step) * step
        wanted = wanted if wanted <= high else math.floor(high / step) * step
    return int(wanted) if kind == "integer" or wanted == int(wanted) else wanted


def _as_number(hint: Any) -> float | int | None:
    if isinstance(hint, int | float) and not isinstance(hint, bool):
        return hint
    return float(hint) if isinstance(hint, str) and _NUMBER.fullmatch(hint) else None


def _bounds(schema: Json, kind: str) -> tuple[float, float]:
    tiny = 1 if kind == "integer" else 0.01
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if isinstance(above, int | float):
        low = max(above + tiny, low if low is not None else above)
    if isinstance(below, int | float):
        high = min(below - tiny, high if high is not None else below)
    if low is None:
        low = 1 if high is None or high >= 1 else high - 10
    return low, max(low, high if high is not None else low + 10)

"""JSON as RFC 8259 has it: no NaN, and every failure is one ValueError."""

import json
from typing import Any, NoReturn

SIZE_LIMIT = 1_000_000  # characters of a text that is repaired


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def loads(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is none, or nested too deeply, or has a number of too many digits.
    """
    value, end = decode_at(text, _blank_until(text, 0))
    if _blank_until(text, end) != len(text):
        raise ValueError(f"more text after the JSON, at {end}")
    return value


def decode_at(text: str, start: int) -> tuple[Any, int]:
    """The JSON value that begins at `start`, and where it ends. Raises as loads()."""
    try:
        return _DECODER.raw_decode(text, start)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def is_json(text: str) -> bool:
    """Whether the whole text is one JSON value."""
    try:
        loads(text)
    except ValueError:
        return False
    return True


def _blank_until(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at

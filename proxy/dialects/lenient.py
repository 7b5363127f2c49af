"""Lenient readings of strangers' JSON: the right type, in range, or None. Nothing here raises.

Strings leave here as valid Unicode (no lone surrogates), because the history keeps UTF-8.
"""

import json
import math
from typing import Any

_INT64 = 63
_INT32 = 31

_decode = json.JSONDecoder(strict=False).decode
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode
_compact = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
).encode
_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def parse(data: bytes) -> Any:
    """The value of a JSON text in UTF-8 (bad bytes replaced), or None where it is not JSON."""
    text = data.decode("utf-8", "replace")
    try:
        return _decode(text)
    except (ValueError, RecursionError):
        pass
    try:
        return _tolerant(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None


def _tolerant(text: str) -> Any:
    return json.loads(text, strict=False, parse_int=any_int)


def any_int(digits: str) -> int | float:
    """An integer of any length: one of more digits than Python converts becomes a float."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def canonical(value: Any) -> str:
    """JSON with sorted keys and no white space, in ASCII.

    Raises:
        RecursionError: nested too deeply.
    """
    return _canonical(value)


def compact(value: Any) -> str | None:
    """JSON without white space, keys in their order; NaN and infinities become null."""
    try:
        return clean(_compact(value))
    except ValueError:
        pass
    except RecursionError:
        return None
    try:
        finite = json.loads(_plain(value), parse_constant=lambda _: None)
        return clean(_plain(finite))
    except (ValueError, RecursionError):
        return None


def canonical_text(value: Any) -> str | None:
    """As `compact`, with sorted keys: equal values give equal texts."""
    try:
        return compact(json.loads(_canonical(value)))
    except (ValueError, RecursionError):
        return None


def clean(text: str) -> str:
    """The text as valid Unicode: surrogate pairs joined, lone surrogates replaced."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def string(value: Any) -> str | None:
    """The value if it is a string, cleaned."""
    return clean(value) if isinstance(value, str) else None


def filled(value: Any) -> str | None:
    """The value if it is a string that is not empty, cleaned."""
    return clean(value) if isinstance(value, str) and value else None


def boolean(value: Any) -> bool | None:
    """The value if it is true or false."""
    return value if isinstance(value, bool) else None


def number(value: Any) -> float | None:
    """The value if it is a finite number."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= _INT64:
        return float(value)
    return None


def integer(value: Any, bits: int = _INT64) -> int | None:
    """The value if it is a whole number of at most `bits` bits and a sign."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= bits:
        return value
    return None


def small_integer(value: Any) -> int | None:
    """The value if it is a whole number that fits into 32 bits."""
    return integer(value, _INT32)


def strings(value: Any) -> tuple[str, ...] | None:
    """A string, or the strings of a list, as a tuple."""
    if isinstance(value, str):
        return (clean(value),)
    if isinstance(value, list):
        return tuple(clean(entry) for entry in value if isinstance(entry, str))
    return None


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def listing(value: Any) -> list[Any]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def written(value: Any) -> str:
    """What stands there as text: a string as it is, anything else but null as JSON."""
    if isinstance(value, str):
        return clean(value)
    return "" if value is None else compact(value) or ""


def scrubbed(value: dict[str, Any]) -> dict[str, Any]:
    """The object with every string in it cleaned; empty where it is nested too deeply."""
    try:
        text = _plain(value)
        return value if text.isascii() else mapping(json.loads(clean(text)))
    except (ValueError, RecursionError):
        return {}

"""Numbers that a backend keeps as single floats, without the digits that are only noise."""

import struct
from typing import Any

_DIGITS = 9  # with so many each single float is told from all others


def plain(value: Any) -> Any:
    """The shortest number that is the same single float, 0.95 for 0.949999988079071; else the value."""
    if not isinstance(value, float) or _single(value) != value:
        return value
    texts = (f"{value:.{digits}g}" for digits in range(1, _DIGITS + 1))
    return next((float(text) for text in texts if _single(float(text)) == value), value)


def _single(value: float) -> float | None:
    """The single float next to it; None: it is too large for one."""
    try:
        (single,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        return None
    return float(single)

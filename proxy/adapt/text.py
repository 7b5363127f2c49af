"""JSON text as it goes out."""

import json
from typing import Any

_UTF8 = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_ASCII = json.JSONEncoder(separators=(",", ":")).encode


def as_json(value: Any) -> bytes:
    """Compact JSON. Half a surrogate pair stays half: the next delta may have the other one.

    NaN and infinities become null. What is nested too deeply becomes null as a whole.
    """
    try:
        return _UTF8(value).encode()
    except UnicodeEncodeError:
        return _ASCII(value).encode()
    except ValueError:
        return as_json(json.loads(_ASCII(value), parse_constant=lambda _: None))
    except RecursionError:
        return b"null"


def sse(event: Any, kind: str = "") -> bytes:
    """One server-sent event with one data line."""
    head = f"event: {kind}\n".encode() if kind else b""
    return head + b"data: " + as_json(event) + b"\n\n"

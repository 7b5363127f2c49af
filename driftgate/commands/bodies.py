"""Recorded headers and bodies as a person or a program reads them."""

import base64
import json
from typing import Any

from driftgate.proxy.dialects.codings import decode

LIMIT = 64 << 20  # bytes of a decoded body, against compression bombs


def decoded(body: bytes, coding: str | None) -> bytes:
    """`body` without its content coding; as it is when the coding is unknown or broken."""
    plain, complete = decode(body, coding, LIMIT)
    return plain if complete or plain else body


def header(headers: list[tuple[str, str]], name: str) -> str | None:
    """The first header of this name, any case."""
    return next((value for key, value in headers if key.lower() == name), None)


def header_pairs(stored: Any) -> list[tuple[str, str]]:
    """Headers as the history keeps them (JSON text) as pairs, in wire order."""
    try:
        inner = json.loads(stored) if isinstance(stored, str) else stored
    except ValueError:
        return []
    if isinstance(inner, dict):
        inner = list(inner.items())
    if not isinstance(inner, list):
        return []
    return [(str(pair[0]), str(pair[1])) for pair in inner if _is_pair(pair)]


def _is_pair(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 2  # noqa: PLR2004 - a pair


def as_text_or_base64(body: bytes) -> dict[str, str]:
    """A body for JSON: as text where it is UTF-8, else as base64."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}

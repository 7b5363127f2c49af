"""Recorded headers and bodies as a person or a program reads them."""

import base64

from driftgate.proxy.dialects.codings import decode

LIMIT = 64 << 20  # bytes of a decoded body, against compression bombs


def decoded(body: bytes, coding: str | None) -> bytes:
    """`body` without its content coding; as it is when the coding is unknown or broken."""
    plain, complete = decode(body, coding, LIMIT)
    return plain if complete or plain else body


def header(headers: list[tuple[str, str]], name: str) -> str | None:
    """The first header of this name, any case."""
    return next((value for key, value in headers if key.lower() == name), None)


def as_text_or_base64(body: bytes) -> dict[str, str]:
    """A body for JSON: as text where it is UTF-8, else as base64."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}

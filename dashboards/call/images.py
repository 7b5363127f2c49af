"""Images that a request carries: found, numbered, checked. Nothing is ever fetched.

An image's number says where it is: a thousand times the place of its item, and its place therein.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from driftgate.proxy.dialects.describe import Described
from driftgate.proxy.dialects.lenient import listing, mapping, parse
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.units import size

LIMIT = 16 << 20  # bytes of an image that is served
EACH = 1_000  # images of one item
HEAD = 64  # characters of base64 that tell what it is
ADDRESS = 300  # characters of an address that are shown
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_BYTES = 3 / 4  # of a character of base64


@dataclass(frozen=True, slots=True)
class Image:
    """One image. number: where it is served from; None: it is not shown. note: what it is."""

    number: int | None
    note: str


def images(place: int, value: Any) -> tuple[Image, ...]:
    """Those of the item at this place of the conversation, given as its JSON."""
    found = enumerate(sources(value))
    return tuple(_image(place * EACH + number, text) for number, text in found if number < EACH)


def sources(value: Any) -> Iterator[str]:
    """What stands for each image of an item: a data URL, an address, or base64 alone (Ollama)."""
    for key in ("content", "output"):
        for part in listing(mapping(value).get(key)):
            url = mapping(part).get("image_url")
            url = url.get("url") if isinstance(url, dict) else url
            if isinstance(url, str):
                yield url
    for text in listing(mapping(value).get("images")):
        if isinstance(text, str):
            yield text


def is_image(part: Any) -> bool:
    """Whether a part of a content is an image."""
    return isinstance(part, dict) and "image_url" in part


def beside(described: Described) -> Any:
    """What holds images outside of all items: the body of a request to Ollama's /api/generate."""
    if described.dialect != "ollama_generate" or b'"images"' not in described.body:
        return None
    return {"images": mapping(parse(described.body)).get("images")}


def find(described: Described, number: int) -> tuple[bytes, str]:
    """An image's bytes and content type.

    Raises:
        NotFoundError: there is none of this number that may be shown.
    """
    place, nth = divmod(number, EACH)
    items = described.request.items
    if place < len(items):
        value = parse(described.body[items[place].start : items[place].end])
    else:
        value = beside(described) if place == len(items) else None
    text = next((text for at, text in enumerate(sources(value)) if at == nth), None)
    encoded = None if text is None else _encoded(text)
    if encoded is None or len(encoded) * _BYTES > LIMIT:
        raise NotFoundError(f"no image {number} in this call that can be shown")
    data = _decoded(encoded)
    kind = type_of(data)
    if kind is None:
        raise NotFoundError(f"image {number} of this call is no PNG, JPEG, GIF or WebP")
    return data, kind


def type_of(data: bytes) -> str | None:
    """By its first bytes, whatever else it is said to be; None: none that is shown."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


def _image(number: int, text: str) -> Image:
    encoded = _encoded(text)
    if encoded is None:
        return Image(None, f"not fetched: {text[:ADDRESS]}")
    told = size(round(len(encoded) * _BYTES))
    kind = type_of(_decoded(encoded[:HEAD]))
    if kind is None:
        return Image(None, f"no image that can be shown, {told}")
    if len(encoded) * _BYTES > LIMIT:
        return Image(None, f"{kind}, {told}: too large to be shown")
    return Image(number, f"{kind.removeprefix('image/').upper()}, {told}")


def _encoded(text: str) -> str | None:
    """Its base64; None where it is an address."""
    if text[:5].lower() == "data:":
        head, comma, encoded = text.partition(",")
        return encoded if comma and head.lower().endswith(";base64") else ""
    return None if ":" in text[:20] or text[:2] == "//" else text


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded[: len(encoded) // 4 * 4])
    except (binascii.Error, ValueError):
        return b""

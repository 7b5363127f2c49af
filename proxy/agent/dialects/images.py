"""Images for an agent: their data, in a format that Codex takes.

What Codex (0.169) cannot take it leaves out without an error, and the model answers as if nothing
had been shown to it; so that is refused here.
"""

import base64
import binascii
import re
from typing import Any

from driftgate.proxy.agent.failures import AgentError, bad_request

Json = dict[str, Any]

_FORMATS = {"png", "jpeg", "jpg", "gif", "webp"}
_HEAD = re.compile(r"data:image/([a-z+.-]{1,20});base64,", re.IGNORECASE)
# how files of these formats begin; of WebP (RIFF) the kind stands behind the length
_BEGINNINGS = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF.{4}WEBP", re.DOTALL)
_DETAILS = ("auto", "high", "original")  # with `low` Codex leaves the image out


def image_part(part: Json, where: str) -> Json:
    """An image of a message, as a part of an item of the Responses API.

    Args:
        part: `image_url` of a chat, or `input_image` of Responses.
        where: its place, for the error.

    Raises:
        AgentError: it is no image's data, or of another format.
    """
    given = part.get("image_url")
    told = given if isinstance(given, dict) else {**part, "url": given}
    url = told.get("url")
    head = _HEAD.match(url) if isinstance(url, str) else None
    if head is None or head[1].lower() not in _FORMATS:
        raise _refused(where)
    assert isinstance(url, str)
    try:
        data = base64.b64decode(url[head.end() :], validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data:
        raise bad_request(f"{where}: the image's data is no base64")
    if not _BEGINNINGS.match(data):
        raise bad_request(f"{where}: the image's data is no PNG, JPEG, GIF or WebP")
    detail = told.get("detail")
    shown = {"detail": detail} if detail in _DETAILS else {}
    return {"type": "input_image", "image_url": url, **shown}


def _refused(where: str) -> AgentError:
    return bad_request(
        f"{where}: an agent takes an image as its data (`data:image/png;base64,...`; PNG, JPEG, GIF "
        "or WebP); it fetches nothing, and knows no uploaded files"
    )

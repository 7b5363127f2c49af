"""The text of a message's content, in the shapes that clients and servers write."""

from typing import Any

from driftgate.proxy.dialects.lenient import clean, written

_TEXT_KEYS = ("text", "refusal", "thinking", "output")


def content_text(content: Any) -> str:
    """What a person would read: strings and text parts joined; `[type]` for other parts."""
    if isinstance(content, str):
        return clean(content)
    if not isinstance(content, list):
        return written(content)
    return clean("".join([_part_text(part) for part in content]))


def _part_text(part: Any) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    for key in _TEXT_KEYS:
        text = part.get(key)
        if isinstance(text, str):
            return text
    kind = part.get("type")
    return f"[{kind}]" if isinstance(kind, str) else ""

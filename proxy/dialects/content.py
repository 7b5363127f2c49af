"""The text of a message's content, in the shapes that clients and servers write; tools' names."""

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


class Names:
    """Which tool a call's id belongs to, within one conversation.

    called: filled with (index of the item, id, name), so that reading can go on later.
    """

    __slots__ = ("_by_id", "_called", "index")

    def __init__(self, called: list[tuple[int, str, str | None]]) -> None:
        self.index = 0  # of the item that is being read
        self._called = called
        self._by_id = {call_id: name for _, call_id, name in called}

    def note(self, call_id: str | None, name: str | None) -> None:
        """A call was made."""
        if call_id:
            self._by_id[call_id] = name
            self._called.append((self.index, call_id, name))

    def of(self, call_id: str | None) -> str | None:
        """The name of the tool that was called so."""
        return self._by_id.get(call_id or "")

"""The items of a Responses request as the messages of a chat.

Reasoning items are dropped: chat templates take a model's thoughts out of earlier turns anyway
(Gemma's model card asks for that), and what a server would do with `reasoning_content` in a
request differs from one to the next.
"""

from collections.abc import Callable
from typing import Any

from driftgate.proxy.adapt.errors import AdaptError
from driftgate.proxy.dialects.lenient import filled, listing, mapping, string, written
from driftgate.proxy.dialects.responses import RESULT_TYPES

Json = dict[str, Any]
_TEXT_KEYS = ("text", "refusal")
_SYSTEM = ("system", "developer")  # most chat templates know no developer


class Talk:
    """Collects messages. dropped: the items that a chat has no place for, as `input/3 type`."""

    def __init__(self) -> None:
        self.messages: list[Json] = []
        self.dropped: list[str] = []
        self._calls: Json | None = None  # the assistant's message to which a call belongs

    def system(self, text: str) -> None:
        """Instructions. Those at the start are one message: Gemma's templates take only one."""
        if self.messages and all(m["role"] == "system" for m in self.messages):
            self.messages[0]["content"] += f"\n\n{text}"
        else:
            self._add({"role": "system", "content": text})

    def item(self, item: Any, place: int) -> None:
        """One item of `input`.

        Raises:
            AdaptError: it refers to what only the server that made it knows.
        """
        if isinstance(item, str):
            self._add({"role": "user", "content": item})
            return
        kind = string(mapping(item).get("type")) or ("message" if mapping(item) else "?")
        if kind == "message":
            self._message(item)
        elif kind in ("function_call", "custom_tool_call"):
            self._call(item, place, custom=kind == "custom_tool_call")
        elif kind in RESULT_TYPES:
            self._result(item)
        elif kind == "item_reference":
            raise AdaptError(
                f"input/{place}: item_reference needs a server that stores answers; "
                "this upstream speaks chat completions: send the item itself"
            )
        else:
            self.dropped.append(f"input/{place} {kind}")

    def _message(self, item: Json) -> None:
        role = string(item.get("role")) or "user"
        content = item.get("content")
        if role in _SYSTEM:
            self.system(_joined(content, "\n"))
        elif role == "assistant":
            self._said(_joined(content, ""))
        else:
            self._add({"role": role, "content": _content(content)})

    def _said(self, text: str) -> None:
        if self._calls is not None and self._calls.get("tool_calls"):
            # Between a call and its result no other message may stand.
            self._calls["content"] = (self._calls["content"] or "") + text
        else:
            message: Json = {"role": "assistant", "content": text}
            self._add(message)
            self._calls = message

    def _call(self, item: Json, place: int, *, custom: bool) -> None:
        name = string(item.get("name")) or ""
        given = written(item.get("input" if custom else "arguments"))
        inner = {"name": name, "input": given} if custom else {"name": name, "arguments": given}
        kind = "custom" if custom else "function"
        call_id = filled(item.get("call_id")) or filled(item.get("id")) or f"call_{place}"
        if self._calls is None:
            message: Json = {"role": "assistant", "content": None}
            self._add(message)
            self._calls = message
        calls = self._calls.setdefault("tool_calls", [])
        calls.append({"id": call_id, "type": kind, kind: inner})

    def _result(self, item: Json) -> None:
        output = item.get("output")
        content = _content(output) if isinstance(output, list) else written(output)
        call_id = string(item.get("call_id")) or ""
        self._add({"role": "tool", "tool_call_id": call_id, "content": content})

    def _add(self, message: Json) -> None:
        self.messages.append(message)
        self._calls = None


def _content(content: Any) -> Any:
    """Text where there is only text (many servers take nothing else), else a chat's parts."""
    parts = [part for part in listing(content) if filled(mapping(part).get("type")) in _PARTS]
    if not parts:
        return _joined(content, "\n")
    told = []
    for part in listing(content):
        make = _PARTS.get(filled(mapping(part).get("type")))
        told.append(make(part) if make else {"type": "text", "text": _part_text(part)})
    return told


def _image(part: Json) -> Json:
    if not filled(part.get("image_url")):
        raise AdaptError("an image without image_url: chat completions take no file_id")
    detail = filled(part.get("detail"))
    return {
        "type": "image_url",
        "image_url": {"url": part["image_url"], **({"detail": detail} if detail else {})},
    }


def _file(part: Json) -> Json:
    keys = ("file_data", "filename", "file_id")
    return {"type": "file", "file": {key: part[key] for key in keys if part.get(key)}}


_PARTS: dict[Any, Callable[[Json], Json]] = {
    "input_image": _image,
    "input_file": _file,
    "input_audio": lambda part: part,
}


def _joined(content: Any, between: str) -> str:
    if not isinstance(content, list):
        return written(content)
    return between.join([_part_text(part) for part in content])


def _part_text(part: Any) -> str:
    if isinstance(part, str):
        return part
    texts = (string(mapping(part).get(key)) for key in _TEXT_KEYS)
    return next((text for text in texts if text is not None), "")

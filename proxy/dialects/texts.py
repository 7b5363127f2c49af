"""The prose of a request, mapped: what a model reads as language, and nothing else.

Ids, names, tools, arguments of tool calls and reasoning stay untouched.
"""

from collections.abc import Callable
from typing import Any

from driftgate.proxy.dialects.lenient import filled
from driftgate.proxy.dialects.responses import RESULT_TYPES

Map = Callable[[str], str]

_PROMPTS = {  # top-level members that are text, or hold messages
    "responses": ("instructions", "input"),
    "chat": ("messages",),
    "completions": ("prompt",),
    "ollama_chat": ("messages",),
    "ollama_generate": ("system", "prompt"),
}


def map_texts(dialect: str, body: dict[str, Any], fn: Map) -> dict[str, Any]:
    """The body with `fn` applied to every text; the same object where nothing changes."""
    changed = body
    for key in _PROMPTS.get(dialect, ()):
        if key in body:
            changed = _put(changed, key, _messages(body[key], fn))
    return changed


def _messages(value: Any, fn: Map) -> Any:
    """A text, or a list of texts and messages."""
    if isinstance(value, list):
        return _each(value, lambda entry: _message(entry, fn))
    return fn(value) if isinstance(value, str) else value


def _message(value: Any, fn: Map) -> Any:
    if not isinstance(value, dict):
        return fn(value) if isinstance(value, str) else value
    kind = filled(value.get("type")) or "message"
    if kind in RESULT_TYPES:
        key = "output"
    elif kind == "message":
        key = "content"
    else:
        return value
    return _put(value, key, _content(value[key], fn)) if key in value else value


def _content(value: Any, fn: Map) -> Any:
    """A text, or a list of parts."""
    if isinstance(value, list):
        return _each(value, lambda part: _part(part, fn))
    return fn(value) if isinstance(value, str) else value


def _part(value: Any, fn: Map) -> Any:
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        return _put(value, "text", fn(value["text"]))
    return fn(value) if isinstance(value, str) else value


def _each(values: list[Any], fn: Callable[[Any], Any]) -> list[Any]:
    mapped = [fn(value) for value in values]
    same = all(new is old for new, old in zip(mapped, values, strict=True))
    return values if same else mapped


def _put(given: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    old = given[key]
    if value is old or (isinstance(value, str) and value == old):
        return given
    return {**given, key: value}

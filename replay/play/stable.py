"""A request without what differs each time it is made: ids, dates, folders, cache keys. Pure.

What is volatile was measured on the Codex CLI 0.169, and is documented for the OpenAI API: `user`,
`safety_identifier`, `prompt_cache_key` and `metadata` name the client, not the question
(https://platform.openai.com/docs/api-reference/responses/create). All else is content and stays.
"""

import re
from collections.abc import Callable
from typing import Any

NAMES_OF_CLIENTS = frozenset(
    {"client_metadata", "metadata", "prompt_cache_key", "safety_identifier", "user"}
)
_FOLDER = "\0folder"  # no text of people's has a NUL
_CALL = "\0call %d"
_CALL_KEYS = ("call_id", "tool_call_id")
# what Codex says of the machine: texts of their own, from their first character on
_ENVIRONMENT = re.compile(
    r"\s*<(environment_context|permissions instructions)>.*</\1>\s*", re.DOTALL
)
_CWD = re.compile(r"<cwd>([^<\n]+)</cwd>")
_SKILLS = "<skills_instructions>"
_ROOT = re.compile(r"^(- `r\d+` = )`[^`\n]*`$", re.MULTILINE)
_RAN = re.compile(r"^(Chunk ID: |Wall time: )[0-9a-f.]+", re.MULTILINE)
_RAN_WITHIN = 400  # characters: the lines above a tool's output
_SHORTEST_FOLDER = 4  # characters; `/` or `/w` stand in too many texts

_MOST_FOLDERS = 8  # of one text: a stranger may name thousands

_Fold = Callable[[str], str]


def stable(dialect: str | None, value: Any) -> Any:
    """The request's JSON without its volatile parts; `value` itself is not changed.

    Ids of tool calls are numbered in their order, so that which result belongs to which call
    counts, and how the ids are spelt does not. Of an unknown dialect all is kept.

    Raises:
        RecursionError: nested too deeply.
    """
    if dialect is None or not isinstance(value, dict):
        return value
    kept = {key: part for key, part in value.items() if key not in NAMES_OF_CLIENTS}
    calls: dict[str, str] = {}
    if dialect == "responses" and isinstance(kept.get("input"), list):
        fold = _folding(kept["input"])
        kept["input"] = [_item(item, calls, fold) for item in kept["input"]]
    elif isinstance(kept.get("messages"), list):
        kept["messages"] = [_message(item, calls) for item in kept["messages"]]
    return kept


def _item(item: Any, calls: dict[str, str], fold: _Fold) -> Any:
    """An item of a Responses request's `input`."""
    if not isinstance(item, dict):
        return item
    # a reference is nothing but its id; any other id is the item's own name
    named = item.get("type") == "item_reference" or not {"type", "role"} & item.keys()
    kept = {key: part for key, part in item.items() if named or key != "id"}
    output = kept.get("output")
    if isinstance(output, str):
        kept["output"] = _RAN.sub(r"\1", output[:_RAN_WITHIN]) + output[_RAN_WITHIN:]
    if isinstance(kept.get("content"), list):
        kept["content"] = [_content(part) for part in kept["content"]]
    return _numbered(_texts(kept, fold), calls)


def _content(part: Any) -> Any:
    """A part of a message; what Codex says of the machine is folded to its first tag."""
    text = part.get("text") if isinstance(part, dict) else None
    if not isinstance(text, str):
        return part
    if _ENVIRONMENT.fullmatch(text):
        return {**part, "text": text[: text.index(">") + 1]}
    return {**part, "text": _ROOT.sub(r"\1", text)} if text.startswith(_SKILLS) else part


def _message(message: Any, calls: dict[str, str]) -> Any:
    """A message of a chat."""
    if not isinstance(message, dict):
        return message
    kept = dict(message)
    made = kept.get("tool_calls")
    if isinstance(made, list):
        kept["tool_calls"] = [_call(each, calls) for each in made]
    return _numbered(kept, calls)


def _call(call: Any, calls: dict[str, str]) -> Any:
    if not isinstance(call, dict) or not isinstance(call.get("id"), str):
        return call
    return {**call, "id": _number(call["id"], calls)}


def _numbered(item: dict[str, Any], calls: dict[str, str]) -> dict[str, Any]:
    for key in _CALL_KEYS:
        if isinstance(item.get(key), str):
            item[key] = _number(item[key], calls)
    return item


def _number(call_id: str, calls: dict[str, str]) -> str:
    return calls.setdefault(call_id, _CALL % len(calls))


def _texts(value: Any, fold: _Fold) -> Any:
    if isinstance(value, str):
        return fold(value)
    if isinstance(value, list):
        return [_texts(part, fold) for part in value]
    if isinstance(value, dict):
        return {key: _texts(part, fold) for key, part in value.items()}
    return value


def _folding(items: list[Any]) -> _Fold:
    """What takes the working folder out of a text, as the conversation itself names it."""
    folders = sorted({folder for item in items for folder in _folders(item)}, key=len, reverse=True)

    def fold(text: str) -> str:
        for folder in folders:
            text = text.replace(folder, _FOLDER)
        return text

    return fold


def _folders(item: Any) -> list[str]:
    """The working folders that an item says it is about."""
    parts = item.get("content") if isinstance(item, dict) else None
    found = []
    for part in parts if isinstance(parts, list) else []:
        text = part.get("text") if isinstance(part, dict) else None
        if isinstance(text, str) and _ENVIRONMENT.fullmatch(text):
            found += [name for name in _CWD.findall(text) if len(name) >= _SHORTEST_FOLDER]
    return found[:_MOST_FOLDERS]

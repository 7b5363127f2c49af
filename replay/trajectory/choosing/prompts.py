"""Prompts out of what Codex sent: of each turn the user's own message. Pure; the bodies may be anything.

The first request of a turn ends with what the user said. Around it Codex puts messages of its own in the
user's name, which it will write again by itself: where it works, files of instructions, skills.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from driftgate.replay.trajectory.task import Json, Prompt

_OWN = (
    *("<environment_context>", "<user_instructions>", "# AGENTS.md instructions", "<skill>"),
    *("<turn_aborted>", "<INSTRUCTIONS>", "<permissions instructions>", "<collaboration_mode>"),
    *("<user_shell_command>", "<subagent_notification>", "<hook_prompt"),
)
_CWD = re.compile(r"<cwd>([^<\0]{1,4000})</cwd>")
_SAID = frozenset({"message", "function_call", "function_call_output"})
_SAID |= {"custom_tool_call", "custom_tool_call_output"}
_CARRIED = frozenset(
    {"type", "role", "content", "name", "namespace", "arguments", "call_id", "output", "input"}
)


def items_of(body: bytes) -> list[Json]:
    """The items of a request of the Responses API; empty where it is none."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return []
    found = told.get("input") if isinstance(told, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def schema_of(body: bytes) -> Any:
    """The JSON Schema that the answer was asked to keep; None: none."""
    try:
        return json.loads(body)["text"]["format"]["schema"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return None


def prompt_of(body: bytes) -> Prompt | None:
    """What the user said last; None: nothing, or not in a way that can be said again."""
    items = items_of(body)
    place = _place(items)
    if place is None:
        return None
    content = items[place].get("content")
    given = tuple(part for part in map(_input, _parts(content)) if part is not None)
    return Prompt(given, schema_of(body)) if given else None


def history_of(body: bytes) -> tuple[Json, ...]:
    """What was said before that, where the beginning of the thread was not recorded; mostly nothing.

    Without what Codex puts in by itself, and without ids and reasoning, which belong to the server of then.
    """
    items = items_of(body)
    place = _place(items)
    before = items[: place or 0]
    said = [each for each in before if _type(each) in _SAID and not _is_own(each)]
    answered = any(_type(each) != "message" or each.get("role") == "assistant" for each in said)
    if not answered:
        return ()
    return tuple({k: v for k, v in each.items() if k in _CARRIED} for each in said)


def cwd_of(body: bytes) -> str | None:
    """Where Codex says it works; None: it does not say."""
    for item in items_of(body):
        for part in _parts(item.get("content")):
            found = _CWD.search(str(part.get("text", ""))[:20_000])
            if found and _text(item).startswith("<environment_context>"):
                return found[1].strip()
    return None


def _place(items: Sequence[Json]) -> int | None:
    """Of the last message of the user's own, behind which the model has said nothing yet."""
    for place in range(len(items) - 1, -1, -1):
        item = items[place]
        if _type(item) != "message" or item.get("role") == "assistant":
            return None
        if item.get("role") == "user" and not _is_own(item):
            return place
    return None


def _is_own(item: Json) -> bool:
    """Whether Codex wrote it."""
    if _type(item) != "message" or item.get("role") == "assistant":
        return False
    return item.get("role") != "user" or _text(item).lstrip().startswith(_OWN)


def _type(item: Json) -> Any:
    return item.get("type", "message" if "role" in item else None)


def _text(item: Json) -> str:
    return "\n".join(str(part.get("text", "")) for part in _parts(item.get("content")))


def _parts(content: Any) -> list[Mapping[str, Any]]:
    if isinstance(content, str):
        return [{"type": "input_text", "text": content}]
    return [each for each in content if isinstance(each, dict)] if isinstance(content, list) else []


def _input(part: Mapping[str, Any]) -> Json | None:
    """A part of a message as a turn's input; None: it is nothing that a turn takes."""
    text, image = part.get("text"), part.get("image_url")
    if isinstance(text, str) and text.strip():
        return {"type": "text", "text": text}
    if part.get("type") == "input_image" and isinstance(image, str):
        return {"type": "image", "url": image}
    return None

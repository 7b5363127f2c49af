"""Detector `tool_call_as_text`: a tool call was written as text, so that no client will make it.

Gemma 4's notation is `<|tool_call>call:NAME{...}<tool_call|>`, with or without its markers. Seen
too: raw JSON with `name` and `arguments`, the JSON of an OpenAI answer, `<tool_call>` of other
families, a fence tagged `tool_call` or `tool_code`. Only where tools are on offer: else nobody could
have meant a call.
"""

import json
import re
from typing import Any

from driftgate.contracts.builtin.quoted import Quoted
from driftgate.contracts.exchange import Answer, Asked
from driftgate.contracts.verdict import Source, Violation

KEYWORD = "tool_call_as_text"
_NOTATION = re.compile(r"<\|?tool_call\|?>\s*call:(?P<name>[\w.:/-]{1,200})\s*\{")
_BARE = re.compile(r"\s*call:(?P<name>[\w.:/-]{1,200})\s*\{")
_TAGGED = re.compile(
    r"\s*(?:<tool_call>\s*\{|\[TOOL_CALLS\]|<function=|<\|python_tag\|>|```(?:tool_call|tool_code)\b)"
)
_FENCED = re.compile(
    r"(?P<before>[^`]{0,300})```[a-z]{0,10}\s*\n(?P<inside>.*?)\n?```\s*\Z", re.DOTALL
)
_OPENS = ("{", "[")
_ARGUMENTS = ("arguments", "parameters", "args", "input")
_KEYS = tuple([f'"{key}"' for key in _ARGUMENTS])
_JSON_LIMIT = 262_144  # characters
_CALLS = 16  # of one text that are looked at


def written_call(asked: Asked, answer: Answer, *, marked: bool = True) -> Violation | None:
    """The tool call that stands in the text; None where there is none. marked: as `has_marker`."""
    text, names = answer.text, asked.parameters.tool_names
    if not text or not names:
        return None
    name = (_in_marks(text, names) if marked else None) or _bare(text, names)
    if name is None and asked.parameters.response_schema is None:
        name = _in_json(text, names)
    if name is None:
        return None
    reason = f"a call of the tool {name!r} is written as text, in place of a tool call"
    return Violation(Source.MODEL, KEYWORD, "text", reason)


def _in_marks(text: str, names: tuple[str, ...]) -> str | None:
    if "call:" in text:
        name = _in_notation(text)
        if name is not None:
            return name
    return _tagged(text, names)


def _bare(text: str, names: tuple[str, ...]) -> str | None:
    head = text[:64].lstrip()
    if head.startswith("call:"):
        found = _BARE.match(text)
        return found["name"] if found and _known(found["name"], names) else None
    return _tagged(text, names) if head.startswith(("[TOOL_CALLS]", "```tool_")) else None


def _tagged(text: str, names: tuple[str, ...]) -> str | None:
    if not _TAGGED.match(text):
        return None
    return next((name for name in names if _last(name) in text), None)


def _in_notation(text: str) -> str | None:
    quoted: Quoted | None = None
    for count, found in enumerate(_NOTATION.finditer(text)):
        quoted = quoted or Quoted(text)
        whole = not text[: found.start()].strip(" \n`")
        if whole or not quoted.covers(found.start(), found.end()):
            return found["name"]
        if count >= _CALLS:
            break
    return None


def _in_json(text: str, names: tuple[str, ...]) -> str | None:
    """The tool that the JSON calls which is the whole text, or its only code block."""
    bare = text[:64].lstrip()[:1] in _OPENS
    if not bare and not text.endswith(("```", "```\n")):
        return None
    if len(text) > _JSON_LIMIT or '"name"' not in text or not any(map(text.__contains__, _KEYS)):
        return None
    fenced = None if bare else _FENCED.fullmatch(text)
    if fenced is None and not bare:
        return None
    try:
        return _name_in(json.loads(fenced["inside"] if fenced else text), names)
    except (ValueError, RecursionError):
        return None


def _name_in(value: Any, names: tuple[str, ...]) -> str | None:
    if isinstance(value, list):
        found = [_name_in(item, names) for item in value[:_CALLS] if isinstance(item, dict)]
        return found[0] if found and len(found) == min(len(value), _CALLS) and all(found) else None
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("tool_calls"), list):
        return _name_in(value["tool_calls"], names)
    if isinstance(value.get("function"), dict):
        value = value["function"]
    name = value.get("name")
    if isinstance(name, str) and _known(name, names) and any(key in value for key in _ARGUMENTS):
        return name
    return None


def _last(name: str) -> str:
    """The name without its namespace."""
    return name.rpartition(".")[2]


def _known(name: str, names: tuple[str, ...]) -> bool:
    return name in names or any(_last(offered) == _last(name) for offered in names)

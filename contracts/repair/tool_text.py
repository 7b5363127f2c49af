"""Repair `tool_call`: tool calls that were written as text become real ones.

Three ways to write them are read: Gemma 4's notation with its markers and without, JSON between
tool call markers, and JSON as the whole text or the whole of a fenced block. A call counts only
when its tool is on offer; all of them, or none are taken.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from driftgate.contracts.repair.made import Made
from driftgate.contracts.repair.notation import NotationError, read_call
from driftgate.contracts.repair.strict import SIZE_LIMIT, decode_at, is_json, loads

CALLS_LIMIT = 128
Resolve = Callable[[str], tuple[str | None, str] | None]  # as written -> (namespace, name)
_START = re.compile(
    r"(?P<code>```.*?(?:```|\Z)|`[^`\n]*`)"
    r"|<\|?tool_call\|?>\s*(?P<body>(?=call:|\{|\[))"
    r"|^[ \t]*(?P<bare>(?=call:[\w.:/-]{1,200}[ \t]*\{))",
    re.DOTALL | re.MULTILINE,
)
_END = re.compile(r"\s*(?:<\|?/?tool_call\|?>)?(?:[ \t]*<\|?tool_response\|?>)?")
_FENCE = re.compile(
    r"(?P<before>[^`]{0,300})```[ \t]*[\w+-]*[ \t]*\n(?P<inside>[^`]*)```\s*\Z", re.DOTALL
)
_ARGUMENTS = ("arguments", "parameters", "args", "input")
_WRAPPERS = {"name", "id", "type", "function", "call_id", "index", *_ARGUMENTS}


@dataclass(slots=True)
class Found:
    """Calls that stood in a text, and the text around them. They have no ids yet."""

    calls: list[Made]
    rest: str


class _NoCallError(ValueError):
    """What looked like a call is none, or none of a tool on offer."""


def find_calls(text: str, resolve: Resolve) -> Found | None:
    """The tool calls in `text`; None: there are none, or one of them is of no tool on offer."""
    if len(text) > SIZE_LIMIT:
        return None
    try:
        fence = _FENCE.match(text)
        if fence:
            return _fenced(fence, resolve)
        return _as_json(text, resolve) or _as_notation(text, resolve)
    except (NotationError, _NoCallError):
        return None


def _as_notation(text: str, resolve: Resolve) -> Found | None:
    calls: list[Made] = []
    kept: list[str] = []
    position = begun = 0
    while found := _START.search(text, position):
        position = found.end()
        if found["code"]:
            continue
        kept.append(text[begun : found.start()])
        made, position = _call_at(text, found.end(), resolve)
        calls += made
        position = begun = _end_of(text, position)
        if len(calls) > CALLS_LIMIT:
            raise _NoCallError("too many")
    kept.append(text[begun:])
    rest = "\n".join(filter(None, (part.strip() for part in kept)))
    return Found(calls, rest) if calls else None


def _call_at(text: str, start: int, resolve: Resolve) -> tuple[list[Made], int]:
    if text.startswith("call:", start):
        written = read_call(text, start)
        return [_made(written.name, written.arguments, resolve)], written.end
    try:
        value, end = decode_at(text, start)
    except ValueError as error:
        raise _NoCallError(str(error)) from error
    return _calls_of(value, resolve), end


def _end_of(text: str, at: int) -> int:
    found = _END.match(text, at)
    return found.end() if found else at


def _fenced(fence: re.Match[str], resolve: Resolve) -> Found | None:
    """A text that is, or ends with, a block in which there is nothing but calls."""
    inside = fence["inside"].strip()
    found = _as_json(inside, resolve) or _as_notation(inside, resolve)
    if found is None or found.rest:
        return None
    return Found(found.calls, fence["before"].strip())


def _as_json(text: str, resolve: Resolve) -> Found | None:
    """The whole text as JSON."""
    try:
        value = loads(text)
    except ValueError:
        return None
    return Found(_calls_of(value, resolve), "")


def _calls_of(value: Any, resolve: Resolve) -> list[Made]:
    """The calls that a JSON value stands for."""
    if isinstance(value, dict) and isinstance(value.get("tool_calls"), list):
        value = value["tool_calls"]
    values = value if isinstance(value, list) else [value]
    if not 0 < len(values) <= CALLS_LIMIT:
        raise _NoCallError("none, or too many")
    return [_one(each, resolve) for each in values]


def _one(value: Any, resolve: Resolve) -> Made:
    if not isinstance(value, dict) or not value.keys() <= _WRAPPERS:
        raise _NoCallError("no call")
    inner = value.get("function")
    if isinstance(inner, dict):
        value = inner
    name = inner if isinstance(inner, str) else value.get("name")
    arguments = next((value[key] for key in _ARGUMENTS if key in value), None)
    if not isinstance(name, str) or not isinstance(arguments, (dict, str)):
        raise _NoCallError("no call")
    if isinstance(arguments, dict):
        arguments = json.dumps(arguments, ensure_ascii=False)
    elif not is_json(arguments):
        raise _NoCallError("arguments are no JSON")
    return _made(name, arguments, resolve)


def _made(name: str, arguments: str, resolve: Resolve) -> Made:
    tool = resolve(name)
    if tool is None:
        raise _NoCallError(f"no tool {name}")
    return Made(tool[1], arguments, namespace=tool[0])

"""The tools that a request offers, and whether the answer's calls keep to them.

Read are the shapes of Chat Completions and Ollama (`function` below `type`), of Responses (flat),
its `namespace` (tools within, called by name and namespace), `custom` (free text as its input) and
hosted tools such as `web_search`, which are known by their type.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from driftgate.contracts.exchange import Answered, Asked, ToolCall
from driftgate.contracts.finish import was_cut
from driftgate.contracts.schema_check import schema_violations
from driftgate.contracts.verdict import Source, Violation

MAX_TOOLS = 10_000
MAX_CALLS = 128  # of one answer that are judged
_SMALL = 131_072  # bytes; of larger arrays fewer are kept
SHOWN = 5  # names in a reason
_ANYTHING = "{}"  # the schema of a function that declares none
_WITH_IDS = frozenset(["responses", "chat"])  # Ollama's native calls have none by design


@dataclass(frozen=True, slots=True)
class Offered:
    """Tools by name; those of a namespace as `namespace.name`.

    names: each with the JSON text of its parameters' schema; None: takes free text, or is hosted.
    readable: False where the `tools` array could not be read, so that any name may be right.
    """

    names: dict[str, str | None] = field(default_factory=dict)
    readable: bool = True
    bare: dict[str, str] = field(default_factory=dict)  # name without its namespace -> full name

    def key_of(self, name: str, namespace: str | None = None) -> str | None:
        """The full name of the tool that a call means; None where it was not offered."""
        if namespace and f"{namespace}.{name}" in self.names:
            return f"{namespace}.{name}"
        return name if name in self.names else self.bare.get(name)


def offered(tools_json: bytes) -> Offered:
    """The tools of a request's `tools` array, given as JSON. Kept, for the next turn. Never raises."""
    return (_kept if len(tools_json) <= _SMALL else _kept_large)(tools_json)


def _read(tools_json: bytes) -> Offered:
    if not tools_json:
        return Offered()
    made = Offered()
    try:
        declared = json.loads(tools_json)
        if not isinstance(declared, list):
            return Offered(readable=declared is None)
        for tool in declared[:MAX_TOOLS]:
            _take(made, tool, "")
    except (ValueError, RecursionError):
        return Offered(readable=False)
    return made


_kept = lru_cache(256)(_read)
_kept_large = lru_cache(8)(_read)


def _take(made: Offered, tool: Any, space: str) -> None:
    if not isinstance(tool, dict):
        return
    name = tool.get("name")
    if tool.get("type") == "namespace" and isinstance(tool.get("tools"), list) and not space:
        for inner in tool["tools"][:MAX_TOOLS]:
            _take(made, inner, name if isinstance(name, str) and name else "namespace")
        return
    name, schema = _declared(tool)
    if not name:
        return
    full = f"{space}.{name}" if space else name
    made.names[full] = schema
    if space:
        made.bare.setdefault(name, full)


def _declared(tool: dict[str, Any]) -> tuple[str, str | None]:
    """The name, and the schema's text."""
    function = tool.get("function")
    told = function if isinstance(function, dict) else tool
    name = told.get("name") or tool.get("name") or tool.get("type")
    custom = tool.get("custom")
    if isinstance(custom, dict) and isinstance(custom.get("name"), str):
        name = custom["name"]
    if not isinstance(name, str):
        return "", None
    if tool.get("type", "function") != "function":
        return name, None
    parameters = told.get("parameters")
    return name, _ANYTHING if parameters is None else json.dumps(parameters)


def tool_findings(asked: Asked, answered: Answered) -> list[Violation]:
    """What is wrong with the answer's tool calls."""
    calls = answered.answer.tool_calls
    if not calls:
        return []
    tools, found = offered(asked.tools), list(_id_findings(asked, calls))
    judges_names = tools.readable and not _hides_tools(asked)
    for place, call in enumerate(calls[:MAX_CALLS]):
        found += _judged(place, call, tools, judges_names, was_cut(answered.answer))
    return found


def _hides_tools(asked: Asked) -> bool:
    """Whether tools may have been offered that are not in `tools`: the form before it."""
    return not asked.tools and (not asked.body or b'"functions"' in asked.body)


def _judged(
    place: int, call: ToolCall, tools: Offered, judges_names: bool, cut: bool
) -> Iterator[Violation]:
    path = f"tool_calls/{place}"
    if not call.name:
        yield Violation(Source.REQUEST, "missing_name", f"{path}/name", "a tool call has no name")
        return
    key = tools.key_of(call.name, call.namespace)
    if key is None:
        if judges_names:
            yield _unknown(path, call, tools)
        return
    schema = tools.names[key]
    if schema is not None:
        yield from _arguments(f"{path}/arguments", call, schema, cut)


def _unknown(path: str, call: ToolCall, tools: Offered) -> Violation:
    there = ", ".join(list(tools.names)[:SHOWN]) or "no tools"
    more = ", ..." if len(tools.names) > SHOWN else ""
    name = f"{call.namespace}.{call.name}" if call.namespace else call.name
    reason = f"the tool '{name[:80]}' was not offered; there are {there}{more}"
    return Violation(Source.REQUEST, "unknown_tool", f"{path}/name", reason)


def _arguments(path: str, call: ToolCall, schema: str, cut: bool) -> Iterator[Violation]:
    try:
        # Many servers write nothing where there is nothing to say.
        value = json.loads(call.arguments) if call.arguments.strip() else {}
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        why = " (the answer was cut)" if cut else ""
        reason = f"the arguments of '{call.name[:80]}' are not a JSON object{why}: {call.arguments[:100]!r}"
        yield Violation(Source.REQUEST, "invalid_arguments", path, reason)
        return
    if schema != _ANYTHING:
        yield from schema_violations(schema, value, Source.REQUEST, path)


def _id_findings(asked: Asked, calls: Sequence[ToolCall]) -> Iterator[Violation]:
    if asked.dialect not in _WITH_IDS:
        return
    seen: set[str] = set()
    for place, call in enumerate(calls[:MAX_CALLS]):
        path = f"tool_calls/{place}/id"
        if not call.call_id:
            if not _hides_tools(asked):
                reason = f"the call of '{call.name[:80]}' has no id: its result cannot be sent back"
                yield Violation(Source.REQUEST, "missing_call_id", path, reason)
        elif call.call_id in seen:
            reason = f"the id '{call.call_id[:80]}' was used by an earlier call"
            yield Violation(Source.REQUEST, "duplicate_call_id", path, reason)
        else:
            seen.add(call.call_id)

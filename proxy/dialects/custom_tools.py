"""Which of the tools on offer are `custom` ones, called with text (`input`) in place of arguments.

Chat Completions wraps them: {"type": "custom", "custom": {"name"}}; Responses may keep them in a
namespace.
"""

from typing import Any

from driftgate.proxy.dialects.lenient import listing, mapping
from driftgate.proxy.dialects.meaning import ToolCall

Names = frozenset[tuple[str | None, str]]


def custom_tools(request: dict[str, Any]) -> Names:
    """(namespace, name) of each custom tool of a request body."""
    found: set[tuple[str | None, str]] = set()
    for tool in map(mapping, listing(request.get("tools"))):
        if tool.get("type") == "namespace":
            space = tool.get("name") if isinstance(tool.get("name"), str) else None
            inner = map(mapping, listing(tool.get("tools")))
            found.update((space, name) for name in map(_name, inner) if name)
        elif name := _name(tool):
            found.add((None, name))
    return frozenset(found)


def is_custom(call: ToolCall, names: Names) -> bool:
    """Whether a call is one of a custom tool."""
    return (call.namespace, call.name) in names


def _name(tool: dict[str, Any]) -> str | None:
    if tool.get("type") != "custom":
        return None
    name = tool.get("name") or mapping(tool.get("custom")).get("name")
    return name if isinstance(name, str) else None

"""Tools that a server does not know, said as plain functions, or left out.

`adapt_tools = "flatten"`: a namespace's tools become functions `namespace__name`, a custom tool a
function with one string `input`; hosted tools (web_search and the like) are left out. "drop": all
that are not plain functions are left out. The request stays in the Responses dialect.
"""

from typing import Any

from driftgate.proxy.adapt.history import sent_items
from driftgate.proxy.adapt.names import ToolMap, entries_of, tool_map
from driftgate.proxy.dialects.lenient import filled, listing, mapping, string

Json = dict[str, Any]


def flatten_tools(body: Json, how: str) -> tuple[Json, ToolMap]:
    """A changed copy of a Responses request, and how to read the answer to it.

    The same object comes back where nothing changes.

    Args:
        body: the request.
        how: "keep" (nothing is done), "flatten" or "drop".
    """
    if how == "keep":
        return body, ToolMap()
    declared = body.get("tools")
    names = tool_map(declared)
    kept = _flattened(declared, names) if how == "flatten" else _plain(declared)
    tools = ToolMap(names.origins, names.sent, _dropped(declared, how))
    changed = dict(body)
    if isinstance(body.get("input"), list):
        changed["input"] = sent_items(body["input"], tools)
    if not kept:
        for key in ("tools", "tool_choice", "parallel_tool_calls"):
            changed.pop(key, None)
    else:
        changed["tools"] = kept
        if "tool_choice" in body:
            changed["tool_choice"] = _choice(body["tool_choice"], kept, tools)
    return (body if changed == body else changed), tools


def _plain(declared: Any) -> list[Any]:
    return [t for t in listing(declared) if mapping(t).get("type", "function") == "function"]


def _flattened(declared: Any, tools: ToolMap) -> list[Any]:
    kept = []
    for kind, namespace, name, tool in entries_of(declared):
        if kind == "function" and not namespace:
            kept.append(tool)
        else:
            sent = tools.sent_name(namespace, name)
            kept.append(_from_custom(tool, sent) if kind == "custom" else {**tool, "name": sent})
    return kept


def _from_custom(tool: Json, name: str) -> Json:
    """A function that takes a custom tool's text; the grammar, which it cannot carry, is told."""
    told = [filled(tool.get("description"))]
    form = mapping(tool.get("format"))
    if filled(form.get("definition")):
        syntax = filled(form.get("syntax")) or "following"
        told.append(f"`input` must follow this {syntax} grammar:\n{form['definition']}")
    return {
        "type": "function",
        "name": name,
        "description": "\n\n".join(text for text in told if text),
        "strict": False,
        "parameters": {
            "type": "object",
            "properties": {"input": {"type": "string", "description": "The tool's whole input."}},
            "required": ["input"],
            "additionalProperties": False,
        },
    }


def _dropped(declared: Any, how: str) -> tuple[str, ...]:
    sent = ("function",) if how == "drop" else ("function", "custom", "namespace")
    found = []
    for tool in listing(declared):
        kind = string(mapping(tool).get("type", "function")) or "?"
        if kind not in sent:
            name = filled(mapping(tool).get("name"))
            found.append(f"{kind} {name}" if name else kind)
    return tuple(found)


def _choice(choice: Any, kept: list[Any], tools: ToolMap) -> Any:
    """The choice in the new names; "auto" where it names what is no longer offered."""
    if not isinstance(choice, dict):
        return choice
    if choice.get("type") == "allowed_tools":
        named = [_choice(each, kept, tools) for each in listing(choice.get("tools"))]
        allowed = [each for each in named if isinstance(each, dict)]
        return {**choice, "tools": allowed} if allowed else "auto"
    name = string(choice.get("name")) or ""
    sent = tools.sent_name(filled(choice.get("namespace")), name)
    if any(mapping(tool).get("name") == sent for tool in kept):
        return {"type": "function", "name": sent}
    return "auto"

"""The tools on offer in a request, replaced or left out. Pure."""

from collections.abc import Sequence
from typing import Any

from driftgate.proxy.dialects.lenient import filled, listing, mapping
from driftgate.proxy.dialects.parameters import tool_name
from driftgate.replay.candidate.config import Tools

Json = dict[str, Any]

_OFFER = frozenset({"responses", "chat", "ollama_chat"})
_WITH_TOOLS_ONLY = ("tool_choice", "parallel_tool_calls")  # servers refuse them without tools


def with_tools(dialect: str, body: Json, wanted: Tools) -> Json:
    """The request with these tools; the same object where nothing changes.

    A choice of a tool that is no longer offered becomes `auto`; without any tool what speaks of
    tools goes too. Declared functions are written as the dialect writes them: their members below
    `function` (Chat Completions, Ollama), or beside `type` (Responses).
    """
    if dialect not in _OFFER:
        return body
    declared = body.get("tools")
    tools = listing(declared)
    if wanted.replace is not None:
        tools = [shaped(dialect, tool) for tool in wanted.replace]
    tools = _kept(tools, frozenset(wanted.drop))
    if tools == declared or (not tools and not listing(declared)):
        return body
    changed = {**body, "tools": tools}
    if not tools:
        for key in ("tools", *_WITH_TOOLS_ONLY):
            changed.pop(key, None)
    elif not _offers(tools, changed.get("tool_choice")):
        changed["tool_choice"] = "auto"
    return changed


def shaped(dialect: str, tool: Json) -> Json:
    """A function's declaration as the dialect writes it."""
    if tool.get("type", "function") != "function":
        return tool
    inner = tool.get("function")
    if dialect == "responses":
        return {"type": "function", **inner} if isinstance(inner, dict) else tool
    if isinstance(inner, dict):
        return tool
    members = {key: value for key, value in tool.items() if key not in ("type", "strict")}
    strict = {"strict": tool["strict"]} if "strict" in tool else {}
    return {"type": "function", "function": members | strict}


def _kept(tools: Sequence[Any], drop: frozenset[str]) -> list[Any]:
    kept = []
    for tool in tools:
        name = tool_name(tool)
        if name in drop or mapping(tool).get("type") in drop:
            continue
        if mapping(tool).get("type") == "namespace":
            inner = [
                each
                for each in listing(tool.get("tools"))
                if f"{name}.{tool_name(each)}" not in drop
            ]
            if len(inner) != len(listing(tool.get("tools"))):
                if inner:
                    kept.append({**tool, "tools": inner})
                continue
        kept.append(tool)
    return kept


def _offers(tools: Sequence[Any], choice: Any) -> bool:
    """Whether a choice can still be made."""
    if not isinstance(choice, dict):
        return True
    if choice.get("type") == "allowed_tools":
        allowed = listing(choice.get("tools")) or listing(
            mapping(choice.get("allowed_tools")).get("tools")
        )
        return all(_offers(tools, each) for each in allowed if isinstance(each, dict))
    name = tool_name(choice)
    space = filled(choice.get("namespace"))
    for tool in tools:
        if mapping(tool).get("type") == "namespace" and space in (None, tool_name(tool)):
            if name in [tool_name(each) for each in listing(tool.get("tools"))]:
                return True
        elif name == tool_name(tool) and space is None:
            return True
    return False

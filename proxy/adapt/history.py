"""The items of a Responses request, and of an answer, under the names that a server knows."""

import json
from typing import Any

from driftgate.proxy.adapt.names import Origin, ToolMap
from driftgate.proxy.adapt.text import as_json
from driftgate.proxy.dialects.lenient import filled, string

Json = dict[str, Any]
# What OpenAI's own tools leave behind: no other server has them.
_HOSTED = frozenset(
    {
        "web_search_call",
        "file_search_call",
        "computer_call",
        "computer_call_output",
        "image_generation_call",
        "code_interpreter_call",
        "local_shell_call",
        "local_shell_call_output",
        "mcp_call",
        "mcp_list_tools",
        "mcp_approval_request",
        "mcp_approval_response",
    }
)


def sent_items(items: list[Any], tools: ToolMap) -> list[Any]:
    """The conversation so far, with plain function calls only."""
    kept = [item for item in items if not _is_hosted(item)]
    return [_sent(item, tools) if isinstance(item, dict) else item for item in kept]


def _is_hosted(item: Any) -> bool:
    return isinstance(item, dict) and string(item.get("type")) in _HOSTED


def _sent(item: Json, tools: ToolMap) -> Json:
    kind, name = item.get("type"), string(item.get("name")) or ""
    if kind == "custom_tool_call_output":
        return {**item, "type": "function_call_output"}
    if kind not in ("function_call", "custom_tool_call"):
        return item
    namespace = filled(item.get("namespace"))
    if kind == "function_call" and namespace is None:
        return item
    left = ("input", "namespace")
    told = {key: value for key, value in item.items() if key not in left}
    told |= {"type": "function_call", "name": tools.sent_name(namespace, name)}
    if kind == "custom_tool_call":
        told["arguments"] = as_json({"input": string(item.get("input")) or ""}).decode()
    return told


def restored_item(item: Any, tools: ToolMap) -> Any:
    """An output item under the client's names; the same object where nothing changes."""
    if not isinstance(item, dict) or item.get("type") != "function_call":
        return item
    origin = tools.origins.get(string(item.get("name")) or "")
    return item if origin is None else restored_call(item, origin)


def restored_call(item: Json, origin: Origin) -> Json:
    """A function call as the call of the tool that it stands for."""
    told = {**item, "name": origin.name}
    if origin.namespace is not None:
        told["namespace"] = origin.namespace
    if origin.kind == "custom":
        told["type"] = "custom_tool_call"
        told["input"] = custom_input(string(told.pop("arguments", None)) or "")
    return told


def custom_input(arguments: str) -> str:
    """A custom tool's text out of a function's arguments; what is no such object, as it stands."""
    try:
        value = json.loads(arguments, strict=False)
    except (ValueError, RecursionError):
        return arguments
    if isinstance(value, dict) and isinstance(value.get("input"), str):
        return str(value["input"])
    return value if isinstance(value, str) else arguments

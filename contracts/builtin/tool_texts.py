"""What a model reads of the tools on offer, whatever form its template gives them."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

MAX_DEPTH = 6  # of schemas that are walked
MAX_TEXTS = 20_000
_TOLD = ("name", "description")  # of a custom tool; how its grammar is shown, if at all, is open


def function_texts(tools_json: bytes) -> list[str]:
    """Names and descriptions, names of properties and values of enums. Never raises.

    Only of functions: hosted tools, namespaces and custom tools are not shown by every server.
    """
    return _texts(_declared(tools_json), _of_function_tool)


def tool_texts(tools_json: bytes) -> list[str]:
    """The same of all tools that a model can be told of: custom ones, and those of namespaces too."""
    return _texts(_declared(tools_json), _of_tool)


def _declared(tools_json: bytes) -> list[Any]:
    try:
        declared = json.loads(tools_json) if tools_json else None
    except (ValueError, RecursionError):
        return []
    return declared if isinstance(declared, list) else []


def _texts(declared: list[Any], read: Callable[[dict[str, Any]], Iterable[str]]) -> list[str]:
    texts: list[str] = []
    for tool in declared:
        if isinstance(tool, dict):
            texts += read(tool)
        if len(texts) > MAX_TEXTS:
            break
    return texts[:MAX_TEXTS]


def _of_tool(tool: dict[str, Any]) -> Iterable[str]:
    kind, inner = tool.get("type", "function"), tool.get("tools")
    if kind == "namespace" and isinstance(inner, list):
        return _texts(inner, _of_function_tool)
    if kind == "custom":
        custom = tool.get("custom")
        told = custom if isinstance(custom, dict) else tool
        return [text for key in _TOLD if isinstance(text := told.get(key), str)]
    return _of_function_tool(tool)


def _of_function_tool(tool: dict[str, Any]) -> Iterable[str]:
    if tool.get("type", "function") != "function":
        return ()
    function = tool.get("function")
    return _of_function(function if isinstance(function, dict) else tool)


def _of_function(function: dict[str, Any]) -> Iterator[str]:
    name = function.get("name")
    if isinstance(name, str):
        yield name
    yield from _of_schema({"description": function.get("description")}, 0)
    yield from _of_schema(function.get("parameters"), 0)


def _of_schema(schema: Any, depth: int) -> Iterator[str]:
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return
    if isinstance(schema.get("description"), str):
        yield schema["description"]
    values = schema.get("enum")
    if isinstance(values, list):
        yield from (value for value in values if isinstance(value, str))
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        yield name
        yield from _of_schema(inner, depth + 1)
    yield from _of_schema(schema.get("items"), depth + 1)

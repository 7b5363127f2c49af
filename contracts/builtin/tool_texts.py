"""What a model reads of the function tools on offer, whatever form its template gives them."""

import json
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 6  # of schemas that are walked
MAX_TEXTS = 20_000


def function_texts(tools_json: bytes) -> list[str]:
    """Names and descriptions, names of properties and values of enums. Never raises.

    Only of functions: hosted tools, namespaces and custom tools are not shown by every server.
    """
    try:
        declared = json.loads(tools_json) if tools_json else None
    except (ValueError, RecursionError):
        return []
    texts: list[str] = []
    for tool in declared if isinstance(declared, list) else ():
        if isinstance(tool, dict) and tool.get("type", "function") == "function":
            function = tool.get("function")
            texts += _of_function(function if isinstance(function, dict) else tool)
        if len(texts) > MAX_TEXTS:
            break
    return texts[:MAX_TEXTS]


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

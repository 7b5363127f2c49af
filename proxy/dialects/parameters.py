"""What the OpenAI-like dialects share in the way they ask: tools, formats, sampling."""

from collections.abc import Callable
from typing import Any

from driftgate.proxy.dialects.lenient import (
    boolean,
    canonical_text,
    compact,
    filled,
    integer,
    listing,
    mapping,
    number,
    small_integer,
    string,
    strings,
)
from driftgate.proxy.dialects.meaning import Parameters

_MAX_TOOLS = 10_000


def tool_names(value: Any) -> tuple[str, ...] | None:
    """The names of the tools offered; a namespace's tools as `namespace.name`, others by type."""
    if not isinstance(value, list):
        return None
    names: list[str] = []
    for tool in value[:_MAX_TOOLS]:
        if not isinstance(tool, dict):
            continue
        if tool.get("type") == "namespace":
            space = filled(tool.get("name")) or "namespace"
            names += [f"{space}.{name}" for name in map(tool_name, listing(tool.get("tools")))]
        else:
            names.append(tool_name(tool))
    return tuple(names)


def tool_name(tool: Any) -> str:
    """One tool's name: its function's, its own, or its type."""
    tool = mapping(tool)
    function = tool.get("function")
    name = filled(function.get("name")) if isinstance(function, dict) else None
    return name or filled(tool.get("name")) or filled(tool.get("type")) or "?"


def tool_choice(value: Any) -> str | None:
    """The choice: "auto", "required", "none", or the name of the tool that must be called."""
    if isinstance(value, dict):
        return tool_name(value)
    return filled(value)


def response_format(value: Any) -> tuple[str | None, str | None]:
    """The format's type, and its schema as canonical JSON.

    Takes the three ways of writing it: `response_format` of Chat Completions (schema under
    `json_schema`), `text.format` of Responses, and llama.cpp's `json_object` with `schema`.
    """
    if not isinstance(value, dict):
        return None, None
    schema = value.get("schema")
    wrapped = value.get("json_schema")
    if schema is None and isinstance(wrapped, dict):
        schema = wrapped.get("schema")
    return filled(value.get("type")), None if schema is None else canonical_text(schema)


def _metadata(value: Any) -> str | None:
    return compact(value) if isinstance(value, dict) else None


def _effort(value: Any) -> str | None:
    return filled(value.get("effort")) if isinstance(value, dict) else None


# Key in the body -> (field, reading). Walked by what is there, because most bodies say little.
_READINGS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "model": ("model", string),
    "stream": ("stream", boolean),
    "temperature": ("temperature", number),
    "top_p": ("top_p", number),
    "top_k": ("top_k", small_integer),
    "min_p": ("min_p", number),
    "seed": ("seed", integer),
    "stop": ("stop", strings),
    "reasoning_effort": ("reasoning_effort", filled),
    "reasoning": ("reasoning_effort", _effort),
    "tool_choice": ("tool_choice", tool_choice),
    "tools": ("tool_names", tool_names),
    "previous_response_id": ("previous_response_id", filled),
    "metadata": ("metadata", _metadata),
}


def openai_parameters(fields: dict[str, Any], *, max_tokens: Any, asked_format: Any) -> Parameters:
    """The parameters that Responses and Chat Completions write alike."""
    read: dict[str, Any] = {}
    for key, value in fields.items():
        reading = _READINGS.get(key)
        if reading is not None and value is not None:
            found = reading[1](value)
            if found is not None:
                read[reading[0]] = found
    if max_tokens is not None:
        read["max_tokens"] = integer(max_tokens)
    if asked_format is not None:
        read["response_format"], read["response_schema"] = response_format(asked_format)
    return Parameters(**read)

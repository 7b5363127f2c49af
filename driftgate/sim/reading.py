"""Readers for the parts of a request that OpenAI's and Ollama's dialects share.

What is sent is a stranger's: a value of the wrong type is refused with 400, never a traceback.
"""

import json
from typing import Any

from driftgate.sim.ask import Call, Json, SimError, Tool


def text_of(content: Any) -> str:
    """The text of a message's content: a string, or parts that have `text`."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = (
        p if isinstance(p, str) else p.get("text") for p in content if isinstance(p, dict | str)
    )
    return "".join(p for p in parts if isinstance(p, str))


def whole(body: Json, *names: str) -> int | None:
    """The first of these members that is there, as an integer."""
    value = _first(body, names)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise SimError(400, f"'{names[0]}' must be an integer")
    return int(value)


def real(body: Json, *names: str) -> float | None:
    """The first of these members that is there, as a number."""
    value = _first(body, names)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise SimError(400, f"'{names[0]}' must be a number")
    return value


def flag(body: Json, name: str, default: bool = False) -> bool:
    """A boolean member."""
    value = body.get(name)
    return default if value is None else bool(value)


def name_of(body: Json) -> str | None:
    """The model's name."""
    value = body.get("model") or body.get("name")
    return value if isinstance(value, str) else None


def stops(value: Any) -> tuple[str, ...]:
    """Stop sequences: one or several."""
    found = value if isinstance(value, list) else [value]
    return tuple(s for s in found if isinstance(s, str) and s)


def member(body: Any, name: str) -> Json:
    """A member that is an object; {} when it is not there or something else."""
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Json]:
    """The objects of a list."""
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def tools(declared: Any, namespace: str | None = None) -> tuple[Tool, ...]:
    """Functions, declared flat (Responses), below `function` (Chat, Ollama), or in a namespace."""
    found: list[Tool] = []
    for each in objects(declared):
        if each.get("type") == "namespace" and namespace is None:
            found += tools(each.get("tools"), str(each.get("name")))
        elif each.get("type", "function") == "function":
            inner = member(each, "function") or each
            if isinstance(inner.get("name"), str):
                described = str(inner.get("description") or "")
                parameters = member(inner, "parameters")
                found.append(Tool(inner["name"], described, parameters, namespace))
    return tuple(found)


def customs(declared: Any) -> tuple[str, ...]:
    """Names and descriptions of custom tools: the model reads them, and calls none."""
    found = [member(t, "custom") or t for t in objects(declared) if t.get("type") == "custom"]
    return tuple(f"{each.get('name')}: {each.get('description') or ''}" for each in found)


def heard_tools(body: Json) -> Json:
    """The request as a server hears it that drops all tools but functions without a word."""
    if not isinstance(body.get("tools"), list):
        return body
    kept = [t for t in objects(body["tools"]) if t.get("type", "function") == "function"]
    return {**body, "tools": kept}


def only_functions(declared: Any) -> None:
    """Refuses tools of any other type, in llama.cpp's words.

    Raises:
        SimError: 400.
    """
    if any(each.get("type", "function") != "function" for each in objects(declared)):
        raise SimError(400, "'type' of tool must be 'function'")


def tool_choice(value: Any) -> str:
    """auto, none, required, or a tool's name."""
    if isinstance(value, str):
        return value
    named = member(value, "function").get("name") or (
        value.get("name") if isinstance(value, dict) else None
    )
    return named if isinstance(named, str) else "auto"


def chat_calls(value: Any) -> tuple[Call, ...]:
    """An assistant message's `tool_calls`."""
    found = []
    for each in objects(value):
        inner = member(each, "function")
        arguments = inner.get("arguments")
        text = arguments if isinstance(arguments, str) else _compact(arguments)
        found.append(Call(str(inner.get("name") or ""), text, str(each.get("id") or "")))
    return tuple(found)


def wanted_format(value: Any) -> tuple[Json | bool | None, bool]:
    """`response_format` and Responses' `text.format`: the schema, and whether JSON is wanted."""
    if not isinstance(value, dict):
        return None, False
    kind = value.get("type")
    inner = member(value, "json_schema") or value
    schema = inner.get("schema")
    if kind == "json_schema" and not isinstance(schema, dict | bool):
        raise SimError(400, "response format json_schema has no schema")
    usable = kind in ("json_schema", "json_object") and isinstance(schema, dict | bool)
    return schema if usable else None, kind == "json_object"


def thinks(body: Json) -> bool:
    """Whether reasoning is asked for: an effort, a summary, or the template's own switch."""
    effort = body.get("reasoning_effort") or member(body, "reasoning").get("effort")
    if effort is not None:
        return effort not in ("none", "minimal")
    summary = member(body, "reasoning").get("summary")
    template = member(body, "chat_template_kwargs").get("enable_thinking")
    return bool(template) or summary not in (None, "none")


def _first(body: Json, names: tuple[str, ...]) -> Any:
    return next((body[n] for n in names if body.get(n) is not None), None)


def _compact(value: Any) -> str:
    return json.dumps(value if value is not None else {})

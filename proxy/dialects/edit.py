"""A parsed request body changed in its dialect's own words. Pure: a changed copy, never the given one.

Copies are shallow along the way to what changes, so that a body of 400 KB costs a few dicts. Names
of parameters are the neutral ones of `driftgate.proxy.dialects.meaning.Parameters`.
"""

import json
from typing import Any

from driftgate.contracts.contract_parts import IN_BODY
from driftgate.proxy.dialects.lenient import mapping
from driftgate.proxy.dialects.reask import append_reask
from driftgate.proxy.dialects.texts import map_texts

__all__ = [
    "add_format",
    "append_reask",
    "as_bytes",
    "is_settable",
    "map_texts",
    "set_model",
    "set_parameter",
    "unset_parameter",
]

Body = dict[str, Any]

_SAMPLING = ("temperature", "top_p", "top_k", "min_p", "seed", "stop", *IN_BODY)
# The keys under which a dialect takes its limit. All that a body has are set; if none, the first.
_LIMITS = {
    "responses": ("max_output_tokens", "max_tokens"),
    "chat": ("max_tokens", "max_completion_tokens", "n_predict"),
    "completions": ("max_tokens", "max_completion_tokens", "n_predict"),
}
_OLLAMA_OPTIONS = {name: name for name in (*_SAMPLING, "num_ctx")} | {"max_tokens": "num_predict"}
_THINK = {"true": True, "false": False, "none": False}  # Ollama's `think`: a flag or a level


def is_settable(dialect: str, name: str) -> bool:
    """Whether the dialect has a word for this parameter (only Ollama has one for num_ctx)."""
    known = (*_SAMPLING, "max_tokens", "reasoning_effort")
    return name in known or (name == "num_ctx" and _is_ollama(dialect))


def set_parameter(dialect: str, body: Body, name: str, value: Any) -> Body:
    """The body with this parameter; as it was where the dialect has no word for it."""
    if not is_settable(dialect, name):
        return body
    value = list(value) if isinstance(value, tuple) else value
    if name == "reasoning_effort":
        return _with_effort(dialect, body, value)
    if _is_ollama(dialect):
        options = {**mapping(body.get("options")), _OLLAMA_OPTIONS[name]: value}
        return {**body, "options": options}
    keys = _keys(dialect, name)
    present = [key for key in keys if body.get(key) is not None]
    return {**body, **dict.fromkeys(present or keys[:1], value)}


def unset_parameter(dialect: str, body: Body, name: str) -> Body:
    """The body without this parameter, under whatever key it stands."""
    if name == "reasoning_effort":
        return _without_effort(dialect, body)
    if _is_ollama(dialect):
        options = _without(mapping(body.get("options")), _OLLAMA_OPTIONS.get(name, name))
        return {**body, "options": options} if "options" in body else body
    return _without(body, *_keys(dialect, name))


def set_model(dialect: str, body: Body, model: str) -> Body:
    """The body for another model; Ollama's older word `name` goes."""
    older = ("name",) if _is_ollama(dialect) else ()
    return {**_without(body, *older), "model": model}


def add_format(dialect: str, body: Body, name: str, schema: Any) -> Body:
    """The body with a JSON Schema for the answer. `name`: letters, digits, `_` and `-` alone."""
    if _is_ollama(dialect):
        return {**body, "format": schema}
    named = {"name": name, "strict": True, "schema": schema}
    if dialect == "responses":
        asked = {"type": "json_schema", **named}
        return {**body, "text": {**mapping(body.get("text")), "format": asked}}
    return {**body, "response_format": {"type": "json_schema", "json_schema": named}}


def as_bytes(body: Body) -> bytes:
    """The body as compact JSON in UTF-8, keys in their order.

    Lone surrogates, which UTF-8 cannot hold, stay what they are as escapes.

    Raises:
        RecursionError: nested too deeply.
    """
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(body, separators=(",", ":")).encode()


def _keys(dialect: str, name: str) -> tuple[str, ...]:
    """The keys under which a parameter may stand at the top of a body, the first if none does."""
    return _LIMITS[dialect] if name == "max_tokens" else IN_BODY.get(name, (name,))


def _is_ollama(dialect: str) -> bool:
    return dialect.startswith("ollama")


def _without(body: Body, *keys: str) -> Body:
    if not any(key in body for key in keys):
        return body
    return {key: value for key, value in body.items() if key not in keys}


def _with_effort(dialect: str, body: Body, value: Any) -> Body:
    if _is_ollama(dialect):
        return {**body, "think": _THINK.get(value, value) if isinstance(value, str) else value}
    if dialect == "responses":
        return {**body, "reasoning": {**mapping(body.get("reasoning")), "effort": value}}
    changed = {**body, "reasoning_effort": value}
    if "effort" in mapping(body.get("reasoning")):  # as OpenRouter writes it
        changed["reasoning"] = {**body["reasoning"], "effort": value}
    return changed


def _without_effort(dialect: str, body: Body) -> Body:
    if _is_ollama(dialect):
        return _without(body, "think")
    body = _without(body, "reasoning_effort")
    if "effort" in mapping(body.get("reasoning")):
        return {**body, "reasoning": _without(body["reasoning"], "effort")}
    return body

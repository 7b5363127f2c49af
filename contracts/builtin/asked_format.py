"""The format that a request asks for itself: is the answer's text what it says?

A violation that shows that the server plainly did not constrain the model is also its own finding,
`constraint_dropped`: the server answered 200 and did not do what was asked. An answer that calls
tools is a step on the way: it needs no text, and what its text breaks is a warning.
"""

import json
from typing import Any

from driftgate.contracts.exchange import Answered, Asked
from driftgate.contracts.finish import was_cut
from driftgate.contracts.output import find_json
from driftgate.contracts.schema_check import as_warnings, schema_violations
from driftgate.contracts.verdict import Severity, Source, Violation

PATH = "parameters/response_format"
NAME_LIMIT = 60
_JSON_FORMATS = frozenset(["json_object", "json_schema"])


def format_findings(asked: Asked, answered: Answered) -> list[Violation]:
    """What the answer's text breaks of the request's own format."""
    parameters = asked.parameters
    schema = parameters.response_schema
    if schema is None and parameters.response_format not in _JSON_FORMATS:
        return []
    text = answered.answer.text or ""
    if answered.answer.tool_calls:
        return as_warnings(_breaks(asked, text)) if text.strip() else []
    broken = _breaks(asked, text)
    if not any(violation.severity is Severity.ERROR for violation in broken):
        return broken
    if was_cut(answered.answer):
        return [*broken, _truncated(asked)]
    first = broken[0]
    came = _kind(text) if first.keyword == "not_json" else f"JSON that breaks it: {first.reason}"
    return [*broken, _dropped(asked, answered, came)]


def _breaks(asked: Asked, text: str) -> list[Violation]:
    found = find_json(text, "whole")
    if found is None:
        reason = f"the text must be JSON and nothing else, and is {_kind(text)}"
        return [Violation(Source.REQUEST, "not_json", "text", reason)]
    return _broken(asked, found.value, asked.parameters.response_schema)


def _broken(asked: Asked, value: Any, schema: str | None) -> list[Violation]:
    if schema is not None:
        return schema_violations(schema, value, Source.REQUEST, "text")
    if asked.parameters.response_format == "json_schema":
        reason = "a JSON schema was asked for, and the request has none"
        return [Violation(Source.REQUEST, "schema_invalid", PATH, reason, Severity.WARNING)]
    if isinstance(value, dict):
        return []
    return [Violation(Source.REQUEST, "type", "text", "a JSON object was asked for")]


def _truncated(asked: Asked) -> Violation:
    reason = f"{_wanted(asked)} was asked for, and the answer was cut before its end"
    return Violation(Source.REQUEST, "truncated", "text", reason)


def _dropped(asked: Asked, answered: Answered, came: str) -> Violation:
    reason = f"{_wanted(asked)} was asked for, and the server answered with {came} (status {answered.status})"
    return Violation(Source.REQUEST, "constraint_dropped", PATH, reason)


def _kind(text: str) -> str:
    """What stands there in place of JSON."""
    if not text:
        return "no text"
    if text.isspace():
        return f"{len(text)} characters of white space"
    if find_json(text, "fenced"):
        return "a fenced block"
    if find_json(text, "first"):
        return "JSON among prose"
    return "broken JSON" if text.lstrip()[0] in "{[" else "prose"


def _wanted(asked: Asked) -> str:
    if asked.parameters.response_schema is None:
        return "a JSON object"
    name = schema_name(asked)
    return f"the schema '{name}'" if name else "a JSON schema"


def schema_name(asked: Asked) -> str | None:
    """How the request calls its schema, or the schema itself; read where a person needs it only."""
    try:
        body = json.loads(asked.body) if asked.body else {}
        schema = json.loads(asked.parameters.response_schema or "{}")
    except (ValueError, RecursionError):
        return None
    asking = _member(body, "text").get("format") or _member(body, "response_format")
    named = _member(asking, "json_schema").get("name") or _member(asking).get("name")
    title = named or _member(schema).get("title")
    return title[:NAME_LIMIT] if isinstance(title, str) else None


def _member(value: Any, key: str | None = None) -> dict[str, Any]:
    if key is not None and isinstance(value, dict):
        value = value.get(key)
    return value if isinstance(value, dict) else {}

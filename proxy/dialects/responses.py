"""OpenAI Responses: what a request asks (https://platform.openai.com/docs/api-reference/responses).

`input` is a string or a list of items; `instructions` is read as a system message that stands
before them.
"""

from typing import Any

from driftgate.proxy.dialects.content import Names, content_text
from driftgate.proxy.dialects.lenient import filled, listing, mapping
from driftgate.proxy.dialects.meaning import Item, Parameters
from driftgate.proxy.dialects.parameters import openai_parameters
from driftgate.proxy.dialects.scanned import Fields, Span

CALL_TYPES = {"function_call": "arguments", "custom_tool_call": "input"}
RESULT_TYPES = frozenset({"function_call_output", "custom_tool_call_output"})


def read_parameters(fields: Fields) -> Parameters:
    """The parameters. llama.cpp obeys `response_format` here too, so it stands in for `text`."""
    values = fields.values
    asked = mapping(values.get("text")).get("format")
    return openai_parameters(
        values,
        max_tokens=values.get("max_output_tokens", values.get("max_tokens")),
        asked_format=values.get("response_format") if asked is None else asked,
    )


def read_items(fields: Fields) -> tuple[Item, ...]:
    """The conversation: instructions, then each item of `input`."""
    items: list[Item] = []
    for key, role in (("instructions", "system"), ("input", "user")):
        text = fields.values.get(key)
        if isinstance(text, str) and key in fields.spans:
            items.append(Item(*fields.spans[key], "message", role, content_text(text)))
    names = Names(fields.called)
    spans, values = fields.elements.get("input", ()), listing(fields.values.get("input"))
    items += fields.known
    for index in range(fields.kept, min(len(values), len(spans))):
        names.index = index
        items.append(_item(spans[index], values[index], names))
    return tuple(items)


def _item(span: Span, value: Any, names: Names) -> Item:
    if not isinstance(value, dict):
        return Item(*span, "message", "user", content_text(value))
    get = value.get
    kind = filled(get("type")) or "message"
    role = filled(get("role"))
    if kind == "message":
        return Item(*span, kind, role, content_text(get("content")))
    if kind == "reasoning":
        return Item(*span, kind, role or "assistant", reasoning_text(value))
    call_id, name = filled(get("call_id")), filled(get("name"))
    if kind in CALL_TYPES:
        names.note(call_id, name)
        text = content_text(get(CALL_TYPES[kind]))
        return Item(*span, "tool_call", "assistant", text, name, call_id)
    if kind in RESULT_TYPES:
        name = name or names.of(call_id)
        return Item(*span, "tool_result", "tool", content_text(get("output")), name, call_id)
    text = content_text(get("content") or get("output") or get("text") or "")
    return Item(*span, kind, role, text, name, call_id)


def reasoning_text(item: dict[str, Any]) -> str:
    """The text of a reasoning item: its summary, and its content where the server shows it."""
    parts = [content_text(item.get(key)) for key in ("summary", "content") if item.get(key)]
    return "\n".join(part for part in parts if part)

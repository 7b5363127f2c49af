"""OpenAI Chat Completions and the older Completions: what a request asks.

https://platform.openai.com/docs/api-reference/chat, with llama.cpp's `n_predict`.
"""

from typing import Any

from driftgate.proxy.dialects.content import Names, content_text
from driftgate.proxy.dialects.lenient import filled, listing, mapping, written
from driftgate.proxy.dialects.meaning import Item, Parameters
from driftgate.proxy.dialects.parameters import openai_parameters
from driftgate.proxy.dialects.scanned import Fields, Span

_MAX_TOKENS = ("max_completion_tokens", "max_tokens", "n_predict")


def read_parameters(fields: Fields) -> Parameters:
    """The parameters of a chat or a completion."""
    values = fields.values
    limits = (values[key] for key in _MAX_TOKENS if values.get(key) is not None)
    return openai_parameters(
        values, max_tokens=next(limits, None), asked_format=values.get("response_format")
    )


def read_items(fields: Fields) -> tuple[Item, ...]:
    """The messages of a chat (Ollama writes them alike)."""
    names = Names(fields.called)
    values = listing(fields.values.get("messages"))
    spans = fields.elements.get("messages", ())
    items = list(fields.known)
    for index in range(fields.kept, min(len(values), len(spans))):
        names.index = index
        items.append(_item(spans[index], values[index], names))
    return tuple(items)


def read_prompts(fields: Fields) -> tuple[Item, ...]:
    """The prompt of a completion, as one user message (also where it is a list)."""
    prompt, span = fields.values.get("prompt"), fields.spans.get("prompt")
    if span is None or prompt is None:
        return ()
    texts = prompt if isinstance(prompt, list) else [prompt]
    text = "\n".join(content_text(text) for text in texts if isinstance(text, str))
    return (Item(*span, "message", "user", text),)


def _item(span: Span, message: Any, names: Names) -> Item:
    if not isinstance(message, dict):
        return Item(*span, "message", None, content_text(message))
    role = filled(message.get("role"))
    text = content_text(message.get("content"))
    calls = listing(message.get("tool_calls"))
    if calls:
        return _calling(span, role, text, calls, names)
    if role in ("tool", "function"):
        call_id = filled(message.get("tool_call_id"))
        name = filled(message.get("name")) or filled(message.get("tool_name"))
        return Item(*span, "tool_result", role, text, name or names.of(call_id), call_id)
    return Item(*span, "message", role, text)


def _calling(span: Span, role: str | None, text: str, calls: list[Any], names: Names) -> Item:
    """An assistant's message that calls tools; `tool_name` and id are those of the first."""
    read = [_call(call) for call in calls]
    for name, _, call_id in read:
        names.note(call_id, name)
    name, arguments, call_id = read[0]
    if text or len(read) > 1:
        lines = [text] if text else []
        lines += [f"{called or '?'}({given})" for called, given, _ in read]
        arguments = "\n".join(lines)
    return Item(*span, "tool_call", role, arguments, name, call_id)


def _call(value: Any) -> tuple[str | None, str, str | None]:
    call = mapping(value)
    function = mapping(call.get("function"))
    return filled(function.get("name")), written(function.get("arguments")), filled(call.get("id"))

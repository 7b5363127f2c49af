"""Embeddings, OpenAI's and Ollama's: what is to be embedded, and what it cost.

The vectors stay in the recorded bytes; an answer has no text.
"""

from typing import Any

from driftgate.proxy.dialects.content import content_text
from driftgate.proxy.dialects.faults import error_message
from driftgate.proxy.dialects.lenient import filled
from driftgate.proxy.dialects.meaning import Answer, Item
from driftgate.proxy.dialects.scanned import Fields
from driftgate.proxy.dialects.usage import ollama_speed, ollama_usage, openai_usage


def read_items(fields: Fields) -> tuple[Item, ...]:
    """The texts under `input`, or the one under `prompt` (Ollama's older call)."""
    spans = fields.elements.get("input")
    value = fields.values.get("input")
    if spans and isinstance(value, list):
        pairs = zip(spans, value, strict=False)
        return tuple(
            [Item(*span, "message", "user", content_text(t)) for span, t in pairs if _is_text(t)]
        )
    for key in ("input", "prompt"):
        value, span = fields.values.get(key), fields.spans.get(key)
        if span and isinstance(value, str):
            return (Item(*span, "message", "user", content_text(value)),)
    return ()


def _is_text(value: Any) -> bool:
    """Texts and parts; not token numbers, of which there may be thousands."""
    return isinstance(value, (str, dict))


def read_body(value: Any) -> Answer:
    """The answer of a JSON body: model, usage, and an error if there is one."""
    if not isinstance(value, dict):
        return Answer(complete=value is not None)
    usage = value.get("usage")
    speed = ollama_speed(value)
    return Answer(
        usage=openai_usage(usage) if isinstance(usage, dict) else ollama_usage(value),
        response_id=filled(value.get("id")),
        model=filled(value.get("model")),
        timings=speed.timings,
        prompt_tokens_per_second=speed.prompt,
        complete=True,
        error=error_message(value),
    )

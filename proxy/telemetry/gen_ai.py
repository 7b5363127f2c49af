"""What a model was asked and answered, by the GenAI semantic conventions. Pure.

Source: https://github.com/open-telemetry/semantic-conventions-genai, docs/gen-ai/gen-ai-spans.md, with the
names that the package opentelemetry-semantic-conventions 0.66 has (a test compares them).
"""

from collections.abc import Sequence

from driftgate.proxy.history.table import Row
from driftgate.proxy.telemetry.places import Place
from driftgate.proxy.telemetry.span import Attributes, Value, filled

CHAT, TEXT, EMBEDDINGS, AGENT = "chat", "text_completion", "embeddings", "invoke_agent"
_OPERATIONS = {
    "responses": CHAT,
    "chat": CHAT,
    "ollama_chat": CHAT,
    "completions": TEXT,
    "ollama_generate": TEXT,
    "embeddings": EMBEDDINGS,
    "ollama_embed": EMBEDDINGS,
}
# `gen_ai.provider.name` tells in whose words a server is asked, whoever it is
_OPENAI, _OLLAMA, _OURS = "openai", "ollama", "driftgate"
_API = {"responses": "responses", "chat": "chat_completions"}
_OUTPUTS = {"text": "text", "json_object": "json", "json_schema": "json"}
_OPTIONS = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "seed": "gen_ai.request.seed",
    "max_tokens": "gen_ai.request.max_tokens",
}
_ANSWER = {
    "response_id": "gen_ai.response.id",
    "answer_model": "gen_ai.response.model",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cached_tokens": "gen_ai.usage.cache_read.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
}
_STOPS = 16  # stop sequences that are told
_STOP_LIMIT = 200  # characters


def operation_of(row: Row, place: Place) -> str | None:
    """`gen_ai.operation.name`; None: no model was asked."""
    operation = _OPERATIONS.get(row.get("dialect") or "")
    return AGENT if place.agent and operation is not None else operation


def provider_of(row: Row, place: Place) -> str:
    """`gen_ai.provider.name`."""
    if place.agent:
        return _OURS
    return _OLLAMA if str(row.get("dialect")).startswith("ollama") else _OPENAI


def name_of(row: Row, place: Place, operation: str) -> str:
    """A span's name: `chat MODEL`, `invoke_agent AGENT`."""
    what = place.name if operation == AGENT else row.get("model")
    return f"{operation} {what}" if what else operation


def asked(row: Row, place: Place, operation: str) -> Attributes:
    """What every model operation says of itself and of its request."""
    top_k, stop, form = row.get("top_k"), row.get("stop"), row.get("response_format")
    told: dict[str, Value | None] = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": provider_of(row, place),
        "gen_ai.request.model": row.get("model"),
        "gen_ai.request.stream": True if row.get("stream") else None,
        "gen_ai.request.top_k": None if top_k is None else float(top_k),
        "gen_ai.request.stop_sequences": _bounded(stop) if stop else None,
        "gen_ai.output.type": _OUTPUTS.get(form or ""),
        "gen_ai.conversation.id": row.get("session_id"),
        "openai.api.type": _API.get(row.get("dialect") or ""),
        **{name: row.get(column) for column, name in _OPTIONS.items()},
    }
    if operation == AGENT:
        told["gen_ai.agent.name"] = place.name
    return filled(told)


def answered(row: Row, first_chunk_s: float | None) -> Attributes:
    """What was answered. first_chunk_s: from the request to the stream's first bytes."""
    finish = row.get("finish_reason")
    return filled(
        {
            **{name: row.get(column) for column, name in _ANSWER.items()},
            "gen_ai.response.finish_reasons": [finish] if finish else None,
            "gen_ai.response.time_to_first_chunk": first_chunk_s if row.get("stream") else None,
            "openai.response.system_fingerprint": row.get("system_fingerprint"),
        }
    )


def _bounded(stop: Sequence[str]) -> list[str]:
    return [each[:_STOP_LIMIT] for each in stop[:_STOPS]]

"""Prompts and answers as `gen_ai.input.messages` and `gen_ai.output.messages`. Pure.

Source: https://github.com/open-telemetry/semantic-conventions-genai, docs/gen-ai/gen-ai-input-messages.json.
What is too long is cut: of a conversation the newest messages count, of a text its beginning.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from driftgate.proxy.dialects.meaning import Item
from driftgate.proxy.history.table import Row, encode
from driftgate.proxy.telemetry.span import Attributes

LIMIT = 64 << 10  # characters of all texts of one attribute
INPUT, OUTPUT = "gen_ai.input.messages", "gen_ai.output.messages"
_ROLES = {"tool_call": "assistant", "reasoning": "assistant", "tool_result": "tool"}


def content(items: Sequence[Item], row: Row, tool_calls: Sequence[Row]) -> Attributes:
    """Both attributes, as JSON texts.

    Args:
        items: of the request.
        row: of the attempt, with its answer.
        tool_calls: of the answer.
    """
    told: Attributes = {}
    if asked := input_messages(items):
        told[INPUT] = encode(asked)
    if answered := output_messages(row, tool_calls):
        told[OUTPUT] = encode(answered)
    return told


def input_messages(items: Sequence[Item]) -> list[dict[str, Any]]:
    """The newest messages of a conversation, as far as the limit reaches."""
    told: list[dict[str, Any]] = []
    left = LIMIT
    for item in reversed(items):
        if left <= 0:
            break
        text = item.text[:left]
        left -= len(text) + 1  # a message without a text is one, too
        role = _ROLES.get(item.kind) or item.role or "user"
        told.append({"role": role, "parts": [_part(item, text)]})
    return told[::-1]


def _part(item: Item, text: str) -> dict[str, Any]:
    if item.kind == "tool_call":
        named = {"id": item.tool_call_id, "name": item.tool_name or "", "arguments": text}
        return {"type": "tool_call", **named}
    if item.kind == "tool_result":
        return {"type": "tool_call_response", "id": item.tool_call_id, "response": text}
    return {"type": "reasoning" if item.kind == "reasoning" else "text", "content": text}


def output_messages(row: Row, tool_calls: Sequence[Row]) -> list[dict[str, Any]]:
    """The answer as the one message that it is."""
    parts = list(_answer(row, tool_calls))
    if not parts:
        return []
    return [{"role": "assistant", "parts": parts, "finish_reason": row.get("finish_reason") or ""}]


def _answer(row: Row, tool_calls: Sequence[Row]) -> Iterable[dict[str, Any]]:
    left = LIMIT
    for column, kind in (("reasoning_text", "reasoning"), ("output_text", "text")):
        if text := (row.get(column) or "")[:left]:
            left -= len(text)
            yield {"type": kind, "content": text}
    for call in tool_calls:
        arguments = call["arguments"][: max(left, 0)]
        left -= len(arguments) + 1
        named = {"id": call.get("tool_call_id"), "name": call["name"], "arguments": arguments}
        yield {"type": "tool_call", **named}
        if left <= 0:
            return

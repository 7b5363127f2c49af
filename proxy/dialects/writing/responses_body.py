"""A Responses answer as one JSON object (https://platform.openai.com/docs/api-reference/responses)."""

from typing import Any

from driftgate.proxy.dialects.custom_tools import custom_tools, is_custom
from driftgate.proxy.dialects.lenient import compact, mapping
from driftgate.proxy.dialects.meaning import Answer, ToolCall
from driftgate.proxy.dialects.writing.words import (
    call_ids,
    finish,
    llama_timings,
    responses_usage,
)
from driftgate.proxy.dialects.writing.written import Json, Written, as_json

_ECHOED: Json = {  # members of the request that the answer repeats, and what stands for an absent one
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": None,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
}
_REASONS = {"length": "max_output_tokens", "content_filter": "content_filter"}


def write_body(answer: Answer, ask: Written) -> bytes:
    """The whole answer."""
    return as_json({**whole(answer, ask), **llama_timings(answer)})


def whole(answer: Answer, ask: Written) -> Json:
    """The response object with its output and usage."""
    reason = _REASONS.get(finish(answer))
    named = {"id": ask.id_for(answer), "model": ask.model_for(answer)}
    if answer.system_fingerprint is not None:
        named["system_fingerprint"] = answer.system_fingerprint
    return {
        **head(ask, "incomplete" if reason else "completed"),
        **named,
        "incomplete_details": {"reason": reason} if reason else None,
        "output": items(answer, ask),
        "usage": responses_usage(answer.usage),
    }


def head(ask: Written, status: str) -> Json:
    """The response object as far as it is known without an answer."""
    return {
        "id": ask.response_id,
        "object": "response",
        "created_at": ask.created,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": ask.model or "",
        "output": [],
        **_echoes(ask.request),
        "usage": None,
    }


def items(answer: Answer, ask: Written) -> list[Json]:
    """The output items, completed: reasoning, message, tool calls."""
    answer_id = ask.id_for(answer)
    stem = answer_id.removeprefix("resp_")
    made = []
    if answer.reasoning:
        made.append(_reasoning(f"rs_{stem}", answer.reasoning, ask))
    if answer.text is not None:
        made.append(_message(f"msg_{stem}", answer.text))
    custom = custom_tools(ask.request)
    for number, (call_id, call) in enumerate(call_ids(answer, answer_id)):
        made.append(_call(f"{stem}_{number}", call_id, call, custom=is_custom(call, custom)))
    return made


def text_part(text: str) -> Json:
    """The content part of a message."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _echoes(request: Json) -> Json:
    told: dict[str, Any] = {key: request.get(key, plain) for key, plain in _ECHOED.items()}
    # What is nested so deeply that it was only just read cannot be written within an event.
    return told if compact([[told]]) is not None else dict(_ECHOED)


def _message(item_id: str, text: str) -> Json:
    said = {"role": "assistant", "content": [text_part(text)]}
    return {"id": item_id, "type": "message", "status": "completed", **said}


def _reasoning(item_id: str, text: str, ask: Written) -> Json:
    """As a summary where the client asked for one (as OpenAI), else as text (as llama-server)."""
    summary = mapping(ask.request.get("reasoning")).get("summary") not in (None, "none")
    told = {"type": "summary_text" if summary else "reasoning_text", "text": text}
    content = {"summary": [told] if summary else [], "content": [] if summary else [told]}
    return {"id": item_id, "type": "reasoning", "status": "completed", **content}


def _call(stem: str, call_id: str, call: ToolCall, *, custom: bool) -> Json:
    kind, key, start = ("custom_tool_call", "input", "ctc") if custom else _FUNCTION
    named = {"call_id": call_id, "name": call.name, key: call.arguments}
    if call.namespace is not None:
        named["namespace"] = call.namespace
    return {"id": f"{start}_{stem}", "type": kind, "status": "completed", **named}


_FUNCTION = ("function_call", "arguments", "fc")

"""An answer of Ollama's /api/chat or /api/generate, as one JSON or as NDJSON.

https://github.com/ollama/ollama/blob/main/docs/api.md
"""

from datetime import UTC, datetime
from typing import Any

from driftgate.proxy.dialects.meaning import Answer
from driftgate.proxy.dialects.writing.words import (
    arguments_object,
    call_ids,
    finish,
    ollama_counts,
    pieces,
)
from driftgate.proxy.dialects.writing.written import Json, Written, as_json

_LOADED = ("load", "unload")  # how a request ends that only loads a model


def write_body(answer: Answer, ask: Written, *, chat: bool) -> bytes:
    """The whole answer."""
    message: Json = {"thinking": answer.reasoning} if answer.reasoning else {}
    if answer.tool_calls:
        message["tool_calls"] = _tool_calls(answer, ask)
    said = _said(answer.text or "", message, chat=chat)
    return as_json({**_head(answer, ask), **said, **_end(answer)})


def write_stream(answer: Answer, ask: Written, *, chat: bool) -> list[bytes]:
    """Its lines: thinking, text, tool calls, and the one that is done."""
    said = [_said("", {"thinking": piece}, chat=chat) for piece in pieces(answer.reasoning or "")]
    said += [_said(piece, {}, chat=chat) for piece in pieces(answer.text or "")]
    if answer.tool_calls and chat:
        said.append(_said("", {"tool_calls": _tool_calls(answer, ask)}, chat=chat))
    head = _head(answer, ask)
    lines = [{**head, **told, "done": False} for told in said]
    lines.append({**head, **_said("", {}, chat=chat), **_end(answer)})
    return [as_json(line) + b"\n" for line in lines]


def keep_alive(ask: Written, *, chat: bool) -> bytes:
    """A line that says nothing, not even a model: which one will answer is not known yet."""
    ask.begun += 1
    said = _said("", {}, chat=chat)
    return as_json({"created_at": _time(ask), **said, "done": False}) + b"\n"


def _head(answer: Answer, ask: Written) -> Json:
    return {"model": ask.model_for(answer), "created_at": _time(ask)}


def _time(ask: Written) -> str:
    """RFC 3339, UTC."""
    return datetime.fromtimestamp(ask.created, UTC).isoformat().replace("+00:00", "Z")


def _said(text: str, more: Json, *, chat: bool) -> Json:
    if chat:
        return {"message": {"role": "assistant", "content": text, **more}}
    return {"response": text, **{key: more[key] for key in ("thinking",) if key in more}}


def _end(answer: Answer) -> Json:
    reason = answer.finish_reason
    if reason not in _LOADED:
        reason = "length" if finish(answer) == "length" else "stop"
    return {"done": True, "done_reason": reason, **ollama_counts(answer)}


def _tool_calls(answer: Answer, ask: Written) -> list[dict[str, Any]]:
    told = enumerate(call_ids(answer, ask.response_id))
    return [
        {
            "id": call_id,
            "function": {"index": n, "name": call.name, "arguments": arguments_object(call)},
        }
        for n, (call_id, call) in told
    ]

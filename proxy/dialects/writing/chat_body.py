"""A Chat Completions or Completions answer as one JSON object.

https://platform.openai.com/docs/api-reference/chat, with llama.cpp's `reasoning_content` and
`timings`.
"""

from driftgate.proxy.dialects.custom_tools import Names, custom_tools, is_custom
from driftgate.proxy.dialects.meaning import Answer, ToolCall
from driftgate.proxy.dialects.writing.words import call_ids, chat_usage, finish, llama_timings
from driftgate.proxy.dialects.writing.written import Json, Written, as_json


def write_chat(answer: Answer, ask: Written) -> bytes:
    """A chat's answer."""
    message: Json = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    if answer.tool_calls:
        message["tool_calls"] = tool_calls(answer, ask)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish(answer)}
    return _body("chat.completion", choice, answer, ask)


def write_completion(answer: Answer, ask: Written) -> bytes:
    """A completion's answer. It has no place for reasoning and tool calls."""
    choice = text_choice(answer.text or "", text_finish(answer))
    return _body("text_completion", choice, answer, ask)


def head(kind: str, answer: Answer, ask: Written) -> Json:
    """What stands before the choices."""
    told: Json = {"id": ask.id_for(answer), "object": kind, "created": ask.created}
    told["model"] = ask.model_for(answer)
    if answer.system_fingerprint is not None:
        told["system_fingerprint"] = answer.system_fingerprint
    return told


def text_choice(text: str, reason: str | None) -> Json:
    """The choice of a completion."""
    return {"text": text, "index": 0, "logprobs": None, "finish_reason": reason}


def text_finish(answer: Answer) -> str:
    """A completion's word for its end; it knows no tool calls."""
    return finish(answer).replace("tool_calls", "stop")


def tool_calls(answer: Answer, ask: Written) -> list[Json]:
    """The calls, whole."""
    custom = custom_tools(ask.request)
    called = call_ids(answer, ask.id_for(answer))
    return [_call(call_id, call, custom) for call_id, call in called]


def _call(call_id: str, call: ToolCall, custom: Names) -> Json:
    if is_custom(call, custom):
        told = {"name": call.name, "input": call.arguments}
        return {"id": call_id, "type": "custom", "custom": told}
    told = {"name": call.name, "arguments": call.arguments}
    return {"id": call_id, "type": "function", "function": told}


def _body(kind: str, choice: Json, answer: Answer, ask: Written) -> bytes:
    told = {**head(kind, answer, ask), "choices": [choice]}
    usage = chat_usage(answer.usage)
    if usage is not None:
        told["usage"] = usage
    return as_json({**told, **llama_timings(answer)})

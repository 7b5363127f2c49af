"""A conversation carried on: the model's failed answer, then what was wrong with it.

It stays one that servers and chat templates take: roles alternate, each tool call has its result,
arguments are a JSON object. A flood is cut, because it would be paid for again.
"""

import json
from dataclasses import replace
from typing import Any

from driftgate.proxy.dialects.custom_tools import Names, custom_tools, is_custom
from driftgate.proxy.dialects.lenient import clean, listing, parse
from driftgate.proxy.dialects.meaning import Answer, ToolCall

LIMIT = (
    16 << 10
)  # bytes of UTF-8 of the answer's text, and of a call's arguments, that are sent back
CALL_LIMIT = 16  # tool calls sent back
NOT_RUN = "This tool call was not run."
NO_ANSWER = "(no answer)"  # many templates refuse an assistant's turn that is missing or empty
_SHOWN = 1000  # characters shown of arguments that are not an object

Json = dict[str, Any]


def append_reask(dialect: str, body: Json, answer: Answer, message: str) -> Json:
    """The body with the answer and a user's message after it. Reasoning is not sent back."""
    text = _cut(answer.text or "")
    calls = [_named(call, n) for n, call in enumerate(answer.tool_calls[:CALL_LIMIT])]
    if not text and not calls:
        text = NO_ANSWER
    if dialect == "responses":
        turn = _responses_turn(text, calls, custom_tools(body))
        return {**body, "input": [*_input(body.get("input")), *turn, _said(message)]}
    if dialect in ("chat", "ollama_chat"):
        turn = (_chat_turn if dialect == "chat" else _ollama_turn)(text, calls)
        said = {"role": "user", "content": message}
        return {**body, "messages": [*listing(body.get("messages")), *turn, said]}
    return {**body, "prompt": _prompt(body.get("prompt"), text, message)}


def _cut(text: str) -> str:
    """The beginning, as whole characters."""
    data = clean(text).encode()
    return text if len(data) <= LIMIT else data[:LIMIT].decode("utf-8", "ignore")


def _named(call: ToolCall, number: int) -> ToolCall:
    return replace(call, call_id=call.call_id or f"call_reask_{number}")


def _checked(call: ToolCall) -> tuple[Json, str]:
    """Arguments as an object, and the result to give: templates fail on anything else."""
    value = parse(call.arguments.encode("utf-8", "replace"))
    if isinstance(value, dict) and len(call.arguments) <= LIMIT:
        return value, NOT_RUN
    shown = call.arguments[:_SHOWN]
    return {}, f"{NOT_RUN} Its arguments were not a JSON object, or too long: {shown}"


def _input(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [_said(value)] if isinstance(value, str) and value else []


def _said(text: str) -> Json:
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "user", "content": content}


def _responses_turn(text: str, calls: list[ToolCall], custom: Names) -> list[Json]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    said = {"type": "message", "role": "assistant", "status": "completed", "content": content}
    items = [_responses_call(call, custom) for call in calls]
    made = [call for call, _ in items] + [result for _, result in items]
    return [said, *made] if text else made


def _responses_call(call: ToolCall, custom: Names) -> tuple[Json, Json]:
    named = {"call_id": call.call_id, "name": call.name}
    if call.namespace:
        named["namespace"] = call.namespace
    if is_custom(call, custom):
        kind, result = "custom_tool_call", NOT_RUN
        given: Json = {"input": _cut(call.arguments)}
    else:
        arguments, result = _checked(call)
        kind, given = "function_call", {"arguments": json.dumps(arguments, ensure_ascii=False)}
    output = {"type": f"{kind}_output", "call_id": call.call_id, "output": result}
    return {"type": kind, "status": "completed", **named, **given}, output


def _chat_turn(text: str, calls: list[ToolCall]) -> list[Json]:
    """Custom tools too are told as functions: a server of this dialect takes those for certain."""
    told, results = [], []
    for call in calls:
        arguments, result = _checked(call)
        function = {"name": call.name, "arguments": json.dumps(arguments, ensure_ascii=False)}
        told.append({"id": call.call_id, "type": "function", "function": function})
        results.append({"role": "tool", "tool_call_id": call.call_id, "content": result})
    return [_assistant(text, told), *results]


def _ollama_turn(text: str, calls: list[ToolCall]) -> list[Json]:
    told, results = [], []
    for call in calls:
        arguments, result = _checked(call)
        told.append({"function": {"name": call.name, "arguments": arguments}})
        results.append({"role": "tool", "tool_name": call.name, "content": result})
    return [_assistant(text, told), *results]


def _assistant(text: str, calls: list[Json]) -> Json:
    said: Json = {"role": "assistant", "content": text}
    return {**said, "tool_calls": calls} if calls else said


def _prompt(prompt: Any, text: str, message: str) -> Any:
    """A prompt carried on; several prompts, or tokens, are left alone but for the last text."""
    if isinstance(prompt, list) and prompt and isinstance(prompt[-1], str):
        return [*prompt[:-1], _prompt(prompt[-1], text, message)]
    if isinstance(prompt, str):
        return f"{prompt}\n\n{text}\n\n{message}\n\n"
    return prompt

"""What a faulty model, parser or server makes of a request and of a reply."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from driftgate.sim.ask import Ask, Call, Reply
from driftgate.sim.faults import Fault


def heard(ask: Ask, fault: Fault | None) -> Ask:
    """The request as a server hears it that ignores a part."""
    name = fault.name if fault else ""
    if name == "dropped_schema":
        return replace(ask, schema=None, json_object=False)
    if name == "ignore_stop":
        return replace(ask, stop=())
    if name == "ignore_max_tokens":
        return replace(ask, max_tokens=None)
    if name == "ignore_tool_choice" and ask.tool_choice != "auto":
        return replace(ask, tool_choice="required" if ask.tool_choice == "none" else "none")
    return ask


def spoilt(reply: Reply, ask: Ask, fault: Fault | None) -> Reply:
    """The reply as a faulty model or parser gives it."""
    if fault is None:
        return reply
    if fault.name in _FLOODS:
        return Reply(text=_FLOODS[fault.name] * fault.count)
    if fault.name in _CALLS:
        return _CALLS[fault.name](reply) if reply.calls else reply
    if fault.name in _JSON:
        value = _parsed(reply.text)
        return reply if value is None else replace(reply, text=_JSON[fault.name](reply.text, ask))
    return _REPLIES[fault.name](reply) if fault.name in _REPLIES else reply


def _each(reply: Reply, change: Callable[[Call], Call]) -> Reply:
    return replace(reply, calls=tuple(map(change, reply.calls)))


def _written_out(call: Call) -> str:
    """A tool call in Gemma 4's own notation, as it looks when no parser takes it."""
    members = json.loads(call.arguments)
    inside = ",".join(
        f'{key}:<|"|>{value}<|"|>' if isinstance(value, str) else f"{key}:{json.dumps(value)}"
        for key, value in members.items()
    )
    return f"<|tool_call>call:{call.name}{{{inside}}}<tool_call|>"


def _as_json(call: Call) -> str:
    told = {"name": call.name, "arguments": json.loads(call.arguments)}
    return json.dumps(told, ensure_ascii=False)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _thought_of(reply: Reply) -> str:
    return reply.reasoning or "The user wants an answer.\n"


def _leaked(reply: Reply) -> Reply:
    return Reply(f"<|channel>thought\n{_thought_of(reply)}<channel|>{reply.text}", "", reply.calls)


def _bare(reply: Reply) -> Reply:
    return Reply(f"thought\n{_thought_of(reply)}\n{reply.text}", "", reply.calls)


def _one_letter(reply: Reply) -> Reply:
    return Reply(next((c for c in reply.text if c.isalpha()), "I"))


def _lacking(text: str, ask: Ask) -> str:
    """The object without the first field that its schema requires, or else without its last."""
    value = _parsed(text)
    if not isinstance(value, dict) or not value:
        return text
    wanted = ask.schema.get("required") if isinstance(ask.schema, dict) else None
    required = [name for name in wanted or () if name in value]
    value.pop(required[0] if required else list(value)[-1])
    return json.dumps(value, ensure_ascii=False)


_FLOODS = {"token_flood": "thought\n", "unused_tokens": "<unused49>", "newline_flood": "\n"}
_CALLS: dict[str, Callable[[Reply], Reply]] = {
    "tool_as_text": lambda reply: Reply(
        "".join(map(_written_out, reply.calls)), reasoning=reply.reasoning
    ),
    "json_tool_as_text": lambda reply: Reply(
        "\n".join(map(_as_json, reply.calls)), reasoning=reply.reasoning
    ),
    "tool_without_id": lambda reply: _each(reply, lambda call: replace(call, call_id=None)),
    "tool_without_name": lambda reply: _each(reply, lambda call: replace(call, name="")),
    "unknown_tool": lambda reply: _each(
        reply, lambda call: replace(call, name=f"{call.name}_of_another_model", namespace=None)
    ),
}
_JSON: dict[str, Callable[[str, Ask], str]] = {
    "missing_field": _lacking,
    "prose_around_json": lambda text, _: (
        f"Sure! Here is the JSON that you asked for:\n\n{text}\n\nLet me know if it helps."
    ),
    "fenced_json": lambda text, _: f"```json\n{text}\n```",
    "cut_json": lambda text, _: text[: 2 * len(text) // 3],
}
_REPLIES: dict[str, Callable[[Reply], Reply]] = {
    "leaked_channel": _leaked,
    "bare_thought": _bare,
    "one_letter": _one_letter,
    "empty": lambda _: Reply(),
}
# All faults that this module knows.
SPOILS = frozenset(
    {"dropped_schema", "ignore_stop", "ignore_max_tokens", "ignore_tool_choice"}
    | {*_FLOODS, *_CALLS, *_JSON, *_REPLIES}
)

"""Requests and answers for tests of contracts, from a few words."""

import json
from typing import Any

from driftgate.contracts.contract import Contract
from driftgate.contracts.exchange import Answered, Asked
from driftgate.contracts.verdict import Severity, Violation
from driftgate.proxy.dialects.meaning import Answer, Item, Parameters, ToolCall, Usage


def asked(
    dialect: str = "chat",
    *,
    prompt: str = "Hello",
    items: tuple[Item, ...] | None = None,
    tools: Any = None,
    body: dict[str, Any] | None = None,
    **parameters: Any,
) -> Asked:
    """A request. Parameters by their neutral names."""
    if items is None:
        items = (Item(0, 0, "message", "user", prompt),)
    sent = json.dumps(body if body is not None else {"messages": []}).encode()
    written = b"" if tools is None else json.dumps(tools).encode()
    return Asked(dialect, "/v1/x", Parameters(**parameters), items, body=sent, tools=written)


def answered(
    text: str | None = None, *calls: ToolCall, status: int = 200, cut: bool = False, **fields: Any
) -> Answered:
    """A complete answer that ended well, with plausible usage, unless fields say otherwise."""
    written = len(text or "") + sum(len(made.arguments) for made in calls)
    usage = Usage(fields.pop("input_tokens", 9), fields.pop("output_tokens", 1 + written // 4))
    made = {"finish_reason": "stop", "complete": True, "usage": usage, **fields}
    return Answered(status, Answer(text=text, tool_calls=calls, **made), cut=cut)


def call(name: str, arguments: Any = "{}", call_id: str | None = "c1", **more: Any) -> ToolCall:
    """A tool call; arguments that are no text are written as JSON."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ToolCall(name, text, call_id, **more)


def contract(**content: Any) -> Contract:
    """A contract of this content, which applies to everything."""
    base = {"name": "test", "version": "1", "applies": {"everything": True}}
    return Contract.of_content({**base, **content})


def told(violations: Any) -> list[tuple[str, str]]:
    """(keyword, path) of each."""
    return [(violation.keyword, violation.path) for violation in violations]


def errors(violations: Any) -> list[Violation]:
    """Those that make the verdict fail."""
    return [violation for violation in violations if violation.severity is Severity.ERROR]

"""Answers that are broken in the ways that people report of Gemma 4 behind local servers.

`variants` are made by hand, after the reports; `simulated` come over HTTP from `driftgate sim`, in
every dialect, whole and streamed. Each says which finding it must lead to.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from driftgate.contracts.exchange import Answered, Asked
from driftgate.proxy.dialects.describe import describe
from driftgate.proxy.dialects.meaning import Answer, Item, Parameters, ToolCall, Usage
from driftgate.proxy.record import Chunk, Outcome, Recorded
from tests.support import broken_texts as texts

TOOLS = ("get_weather", "exec_command", "multi_agent_v1.spawn_agent")
_WEATHER = {
    "name": "get_weather",
    "description": "The weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}
_SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["bug", "praise"]}, "score": {"type": "number"}},
    "required": ["label", "score"],
    "additionalProperties": False,
}
_QUESTIONS = (
    "Summarize: The printer stopped. Ann called support. They sent a new one on Monday.",
    "Explain how a hash table works, please.",
    "Tell me something about rivers in the north.",
)


@dataclass(frozen=True)
class Broken:
    """One broken exchange. row: how it is broken. keywords: one of them must be found."""

    row: str
    keywords: tuple[str, ...]
    asked: Asked
    answered: Answered


def variants() -> Iterator[Broken]:
    """Made by hand, row by row of what people report."""
    for text in texts.LEAKS:
        yield _text("reasoning leaks into the text", "leaked_channel", text)
    for text, finish in texts.FLOODS:
        yield _text("flood of one token", "token_flood", text, finish=finish)
    for text, finish in texts.LOOPS:
        yield _text("one paragraph over and over", "loop", text, finish=finish)
    for text in texts.CONTROL:
        yield _text("control tokens in the text", "control_tokens", text)
    for text in ("Hello <unused49>", "<unused49>", "One.\n<unused7>\nTwo.", "a<unused1>b<unused2>"):
        yield _text("unused tokens in the text", "unused_tokens", text)
    for text in texts.CALLS:
        yield _text("tool call written as text", "tool_call_as_text", text, tools=True)
    for nothing in ("", "  \n", None):
        yield _text("empty answer", "empty_answer", nothing)
    yield _text("empty answer", "empty_answer", None, reasoning="The user wants a poem.")
    for text in ("The", "I", "{", "It", "Sure"):
        yield _text("answer of one token", "one_token", text, tokens=1)
    yield from _repeated()


def _text(row: str, keyword: str, text: str | None, **options: Any) -> Broken:
    tokens = options.get("tokens", max(1, len(text or "") // 4))
    answer = Answer(
        text=text,
        reasoning=options.get("reasoning"),
        finish_reason=options.get("finish", "stop"),
        usage=Usage(20, tokens),
        complete=True,
    )
    parameters = Parameters(tool_names=TOOLS if options.get("tools") else None)
    items = (Item(0, 1, "message", "user", "Write a poem about the sea."),)
    asked = Asked("chat", "/v1/chat/completions", parameters, items)
    return Broken(row, (keyword,), asked, Answered(200, answer))


def _repeated() -> Iterator[Broken]:
    arguments = '{"cmd":"apply_patch x"}'
    call = ToolCall("exec_command", arguments, "c")
    row, found = "the same tool call over and over", ("repeated_tool_call",)
    for times in (3, 66):
        yield Broken(row, found, _history(0), _calling(*[call] * times))
    for turns in (3, 4, 20):
        yield Broken(row, found, _history(turns), _calling(call))
    spaced = ToolCall("exec_command", '{"cmd": "apply_patch x"}', "c")
    yield Broken(row, found, _history(5), _calling(spaced))


def _history(turns: int) -> Asked:
    items = [Item(0, 1, "message", "user", "Fix it.")]
    for _ in range(turns):
        items.append(Item(1, 2, "tool_call", None, '{"cmd":"apply_patch x"}', "exec_command", "c"))
        items.append(Item(2, 3, "tool_result", "tool", "error: no such file", None, "c"))
    return Asked("responses", "/v1/responses", Parameters(tool_names=TOOLS), tuple(items))


def _calling(*calls: ToolCall) -> Answered:
    usage = Usage(20, 20 * len(calls))
    return Answered(
        200, Answer(tool_calls=calls, finish_reason="tool_calls", usage=usage, complete=True)
    )


# fault -> (what must be found, the questions that bring it out)
SIMULATED: dict[str, tuple[str, ...]] = {
    "leaked_channel": ("leaked_channel",),
    "token_flood": ("token_flood",),
    "tool_as_text": ("tool_call_as_text",),
    "tool_without_id": ("missing_call_id",),
    "repeat_tool_call": ("repeated_tool_call",),
    "dropped_schema": ("constraint_dropped",),
    "silent_context_cut": ("context_cut",),
    "empty": ("empty_answer",),
    "one_token": ("one_token",),
    "parser_500": ("server_parser",),
    "invalid_json": ("invalid_json", "missing_terminal"),  # the cut event may be the last
    "malformed_sse": ("malformed_sse", "invalid_json"),
    "no_terminal": ("missing_terminal",),
    "duplicate_terminal": ("duplicate_terminal",),
    "usage_missing": ("usage_missing",),
    "usage_wrong": ("usage_implausible",),
}
_WITH_TOOLS = frozenset(["tool_as_text", "tool_without_id", "repeat_tool_call"])
_STREAMS_ONLY = frozenset(["malformed_sse", "no_terminal", "duplicate_terminal"])
_PATHS = {
    "responses": "/v1/responses",
    "chat": "/v1/chat/completions",
    "ollama_chat": "/api/chat",
}


def simulated(url: str, fault: str) -> Iterator[Broken]:
    """What the simulated server answers with a fault; an empty fault is an ordinary answer."""
    for dialect, path in _PATHS.items():
        if fault == "tool_without_id" and dialect == "ollama_chat":
            continue  # native calls of Ollama have no id by design
        for stream in (True, False):
            if not stream and fault in _STREAMS_ONLY:
                continue
            if fault == "malformed_sse" and dialect == "ollama_chat":
                continue  # no SSE
            for body in _bodies(fault, dialect):
                call = fetch(url, path, {**body, "stream": stream}, fault)
                yield Broken(f"fault {fault}", SIMULATED.get(fault, ()), *exchange_of(call))


def _bodies(fault: str, dialect: str) -> Iterator[dict[str, Any]]:
    questions: tuple[str, ...] = _QUESTIONS
    if fault in _WITH_TOOLS:
        questions = ("What is the weather in Rome?", "What is the weather in Oslo?")
    if fault == "silent_context_cut":
        questions = ("word " * 3_000 + _QUESTIONS[0],)  # the server must have 4,096 tokens
    for question in questions:
        turns = [{"role": "user", "content": question}]
        if fault == "silent_context_cut":
            turns = [{"role": "user", "content": "word " * 6_000}, *turns]
        body: dict[str, Any] = {"model": "gemma4", "seed": 7}
        body["input" if dialect == "responses" else "messages"] = turns
        if dialect == "chat":
            body["stream_options"] = {"include_usage": True}
        if fault in _WITH_TOOLS:
            flat = dialect == "responses"
            body["tools"] = [{"type": "function", **(_WEATHER if flat else {"function": _WEATHER})}]
        if fault == "dropped_schema":
            body.update(_schema_for(dialect))
        yield body


def _schema_for(dialect: str) -> dict[str, Any]:
    named = {"type": "json_schema", "name": "answer", "schema": _SCHEMA, "strict": True}
    if dialect == "responses":
        return {"text": {"format": named}}
    if dialect == "chat":
        return {"response_format": {"type": "json_schema", "json_schema": named}}
    return {"format": _SCHEMA}


def fetch(url: str, path: str, body: dict[str, Any], fault: str = "") -> Recorded:
    """One call as the recorder would have it."""
    sent = json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    if fault:
        headers["x-driftgate-sim"] = fault
    request = urllib.request.Request(url + path, sent, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            status, given, data = answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        status, given, data = error.code, error.headers, error.read()
    return Recorded(
        b"0" * 16,
        0,
        "w",
        "POST",
        path,
        request_headers=[("content-type", "application/json")],
        request_body=sent,
        status=status,
        response_headers=list(given.items()),
        chunks=[Chunk(1, data)] if data else [],
        outcome=Outcome.COMPLETED,
    )


def exchange_of(call: Recorded) -> tuple[Asked, Answered]:
    """A recorded call as a judge sees it."""
    described = describe(call)
    assert described.dialect is not None
    request, answer = described.request, described.answer
    asked = Asked(
        described.dialect,
        call.target,
        request.parameters,
        request.items,
        body=described.body,
        tools=request.tools,
    )
    return asked, Answered(call.status or 0, answer, streamed=answer.events is not None)

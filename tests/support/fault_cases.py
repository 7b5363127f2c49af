"""The faults of the simulated server, each with what has to be found of it, and the request for it."""

from dataclasses import dataclass, field
from typing import Any

PATHS = {
    "responses": "/v1/responses",
    "chat": "/v1/chat/completions",
    "ollama_chat": "/api/chat",
    "completions": "/v1/completions",
    "ollama_generate": "/api/generate",
}
TALKING = ("responses", "chat", "ollama_chat")
POEM = "Write me a poem on rivers in the north."
CLASSIFY = "Classify this message: I was charged twice this month."
WEATHER = "What is the weather in Paris?"
TOOL = {
    "name": "get_weather",
    "description": "The weather of a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}
NAMESPACE = {"type": "namespace", "name": "files", "tools": [{"type": "function", **TOOL}]}
LABEL = {
    "type": "object",
    "properties": {"label": {"type": "string"}, "confidence": {"type": "number"}},
    "required": ["label", "confidence"],
}


@dataclass(frozen=True)
class Case:
    """One fault of the simulated server and what has to be found.

    row: whose it is in the list of what people report of Gemma 4 behind local servers.
    """

    row: str
    fault: str
    keyword: str
    prompt: str = POEM
    tools: bool = False
    schema: bool = False
    dialects: tuple[str, ...] = TALKING
    streams: tuple[bool, ...] = (True, False)
    more: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.fault}-{self.keyword}"


ALL = tuple(PATHS)
OPENAI = ("responses", "chat")
LEAK, FLOOD, CALL = "reasoning leaks", "flood of one token", "tool call as text"
PARTS, PARSER, SCHEMA = "call without id or name", "parser answers 500", "schema is ignored"
CONTEXT, TYPES, AGAIN = "context is cut", "tool types refused", "same call over and over"
SHORT, WIRE, LIMITS = "one-letter or empty answers", "the wire", "what was asked is ignored"
CASES = [
    Case(LEAK, "leaked_channel", "leaked_channel", dialects=ALL),
    Case(LEAK, "bare_thought", "leaked_channel"),
    Case(FLOOD, "token_flood", "token_flood", dialects=ALL),
    Case(FLOOD, "newline_flood", "token_flood"),
    Case(FLOOD, "unused_tokens", "unused_tokens"),
    Case(FLOOD, "unused_tokens", "token_flood"),
    Case(CALL, "tool_as_text", "tool_call_as_text", WEATHER, tools=True),
    Case(CALL, "json_tool_as_text", "tool_call_as_text", WEATHER, tools=True),
    Case(PARTS, "tool_without_id", "missing_call_id", WEATHER, tools=True, dialects=OPENAI),
    Case(PARTS, "tool_without_name", "missing_name", WEATHER, tools=True),
    Case(PARTS, "unknown_tool", "unknown_tool", WEATHER, tools=True),
    Case(PARSER, "parser_500", "server_parser", dialects=ALL),
    Case(SCHEMA, "dropped_schema", "constraint_dropped", schema=True),
    Case(SCHEMA, "missing_field", "required", CLASSIFY, schema=True),
    Case(SCHEMA, "prose_around_json", "constraint_dropped", CLASSIFY, schema=True),
    Case(SCHEMA, "fenced_json", "constraint_dropped", CLASSIFY, schema=True),
    Case(SCHEMA, "cut_json", "constraint_dropped", CLASSIFY, schema=True),
    Case(CONTEXT, "silent_context_cut", "context_cut", "word " * 6000),
    Case(TYPES, "", "tool_type_refused", dialects=("responses",), more={"tools": [NAMESPACE]}),
    Case(AGAIN, "repeat_tool_call", "repeated_tool_call", WEATHER, tools=True),
    Case(SHORT, "empty", "empty_answer"),
    Case(SHORT, "one_token", "one_token"),
    Case(SHORT, "one_letter", "one_token"),
    Case(WIRE, "invalid_json", "invalid_json", streams=(False,), dialects=OPENAI),
    Case(WIRE, "invalid_json", "missing_terminal", streams=(False,), dialects=("ollama_chat",)),
    Case(WIRE, "invalid_json", "invalid_json", streams=(True,), dialects=("responses",)),
    Case(WIRE, "malformed_sse", "malformed_sse", streams=(True,), dialects=OPENAI),
    Case(WIRE, "no_terminal", "missing_terminal", streams=(True,)),
    Case(WIRE, "duplicate_terminal", "duplicate_terminal", streams=(True,)),
    Case(WIRE, "usage_missing", "usage_missing"),
    Case(WIRE, "usage_wrong", "usage_implausible"),
    Case(LIMITS, "ignore_max_tokens", "constraint_dropped", "count to 400", more={"limit": 5}),
    Case(
        LIMITS,
        "ignore_stop",
        "constraint_dropped",
        "count to 30",
        more={"stop": ["7"]},
        dialects=("chat", "ollama_chat"),
    ),
    Case(
        LIMITS,
        "ignore_tool_choice",
        "constraint_dropped",
        tools=True,
        dialects=OPENAI,
        more={"tool_choice": "required"},
    ),
]


def request_of(case: Case, dialect: str, *, stream: bool) -> dict[str, Any]:
    """The request that brings the fault out, in the words of a dialect."""
    body: dict[str, Any] = {"model": "gemma4-sim:v1", "seed": 7, "stream": stream}
    prompt: Any = case.prompt
    if dialect in ("completions", "ollama_generate"):
        body["prompt"] = prompt
    else:
        turns = [{"role": "user", "content": prompt}]
        if case.fault == "silent_context_cut":
            turns = [*turns, {"role": "user", "content": POEM}]
        body["input" if dialect == "responses" else "messages"] = turns
    if dialect in ("chat", "completions"):
        body["stream_options"] = {"include_usage": True}
    if case.tools:
        flat = dialect == "responses"
        body["tools"] = [{"type": "function", **(TOOL if flat else {"function": TOOL})}]
    if case.schema:
        body.update(_schema_in(dialect))
    body.update(_limits(case.more, dialect))
    return body


def _schema_in(dialect: str) -> dict[str, Any]:
    named = {"name": "label", "schema": LABEL, "strict": True}
    if dialect == "responses":
        return {"text": {"format": {"type": "json_schema", **named}}}
    if dialect == "chat":
        return {"response_format": {"type": "json_schema", "json_schema": named}}
    return {"format": LABEL}


def _limits(more: dict[str, Any], dialect: str) -> dict[str, Any]:
    given = dict(more)
    limit = given.pop("limit", None)
    if dialect.startswith("ollama"):
        options = {**given, **({"num_predict": limit} if limit else {})}
        return {"options": options} if options else {}
    if limit:
        given["max_output_tokens" if dialect == "responses" else "max_tokens"] = limit
    return given

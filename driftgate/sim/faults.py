"""Every way to fail, as one table. Help, documents and tests are made from it.

One fault is written `NAME` or `fault=NAME; after=N; seconds=S; ...`; `fault=A|B|C; ...` draws one of
several for each request; `rate=0.3` hits so large a share of the requests. Several, separated by
commas, take turns: the first that has not failed its `times` yet, and whose `rate` hits, is used.
Sent as the request header `x-driftgate-sim`, as `--fault`, or by `PUT /sim/fault` (for every model
call from then on).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

HEADER = "x-driftgate-sim"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, set up.

    after: events (stall: tokens) that pass first; 0 is before the answer's head.
    seconds: how long.
    times: only so many requests fail; None is all.
    path: only requests whose path ends so; a server-wide fault without it means model calls.
    rate: the share of the requests that fail, 0 to 1; which ones depends on the server's seed and
        on how many came before.
    key: faults that differ in it count their `times` apart.
    one_of: one of these is drawn for each request; the fault itself only counts.
    """

    name: str
    after: int = 0
    seconds: float = 1.0
    status: int = 503
    retry_after: int | None = None
    count: int = 1
    times: int | None = None
    path: str = ""
    rate: float = 1.0
    key: str = ""
    one_of: tuple["Fault", ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """What a fault does. takes: its parameters with their defaults."""

    name: str
    does: str
    takes: Mapping[str, float] = field(default_factory=dict)


FAULTS = {
    kind.name: kind
    for kind in (
        Kind(
            "status",
            "an error with this HTTP status, in the dialect's shape; retry-after adds the header",
            {"status": 503},
        ),
        Kind("parser_500", "500 with llama-server's words for a parser that does not match"),
        Kind("reset", "the connection is reset, before the head or after N events", {"after": 0}),
        Kind("close", "the connection ends after N events, the answer unfinished", {"after": 3}),
        Kind(
            "stall",
            "silence for S seconds, before the head or after N tokens",
            {"after": 0, "seconds": 30},
        ),
        Kind("slow_head", "the head comes byte by byte, over S seconds", {"seconds": 2}),
        Kind("huge_header", "a response header of N bytes", {"count": 65536}),
        Kind("not_http", "bytes that are no HTTP, then the end"),
        Kind("wrong_content_length", "Content-Length says N bytes more than come", {"count": 10}),
        Kind(
            "invalid_json", "the answer's JSON is cut in half; in a stream, event N", {"after": 2}
        ),
        Kind(
            "malformed_sse",
            "after N events, lines that are no SSE field and data that is no JSON",
            {"after": 2},
        ),
        Kind("no_terminal", "the stream ends in good order without its last events"),
        Kind("duplicate_terminal", "the stream's last events come twice"),
        Kind("usage_missing", "no usage is reported"),
        Kind("usage_wrong", "usage always says 1234 input and 56 output tokens"),
        Kind("leaked_channel", "the reasoning channel stands in the text, markers and all"),
        Kind("bare_thought", "the word thought and the reasoning stand before the text"),
        Kind("token_flood", "the text is one line, N times", {"count": 1000}),
        Kind("unused_tokens", "the text is <unused49>, N times", {"count": 200}),
        Kind("newline_flood", "the text is N newlines", {"count": 5000}),
        Kind("tool_as_text", "a tool call is written as text, in Gemma 4's notation"),
        Kind("json_tool_as_text", "a tool call is written as text, in JSON"),
        Kind("tool_without_id", "tool calls have no id"),
        Kind("tool_without_name", "tool calls have no name"),
        Kind("unknown_tool", "a tool is called that was not offered"),
        Kind("repeat_tool_call", "the same tool call N times, and again each turn", {"count": 3}),
        Kind("dropped_schema", "the JSON schema is ignored without a word"),
        Kind("missing_field", "the answer's JSON object lacks a field that is required"),
        Kind("prose_around_json", "friendly words stand before and after the JSON"),
        Kind("fenced_json", "the JSON stands in a Markdown fence"),
        Kind("cut_json", "the JSON ends in its middle, as if it were done"),
        Kind("ignore_seed", "the seed is ignored"),
        Kind("ignore_stop", "stop sequences are ignored"),
        Kind("ignore_max_tokens", "the limit on tokens is ignored"),
        Kind("ignore_tool_choice", "tool_choice is ignored: no call where one is required"),
        Kind("silent_context_cut", "a prompt beyond the context loses its beginning, status 200"),
        Kind("empty", "an answer without text"),
        Kind("one_token", "an answer of one token"),
        Kind("one_letter", "an answer of one letter"),
    )
}


def table() -> list[tuple[str, str, str]]:
    """Name, parameters with defaults, and what it does: for help and documents."""
    return [
        (k.name, ", ".join(f"{p}={v:g}" for p, v in k.takes.items()), k.does)
        for k in FAULTS.values()
    ]


def markdown() -> str:
    """The table as Markdown."""
    rows = [f"| `{name}` | {takes} | {does} |" for name, takes, does in table()]
    return "\n".join(["| fault | takes | what happens |", "|---|---|---|", *rows])

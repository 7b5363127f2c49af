"""The nouns that every dialect reads out of bytes: parameters, items, answer, identity.

Everything here is optional: a field is None where the client or the backend did not say. Values:
nothing changes one once it is made. Not frozen only because that makes making them three times as
slow, and ingest makes several for each call.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, unsafe_hash=True)
class Parameters:
    """What a request asks for, as sent (nothing is filled in by us)."""

    model: str | None = None
    stream: bool | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    seed: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] | None = None
    num_ctx: int | None = None
    reasoning_effort: str | None = None
    response_format: str | None = None  # "text", "json_object", "json_schema"
    response_schema: str | None = None  # the schema asked for, as canonical JSON
    tool_choice: str | None = None  # "auto", "required", "none", or a tool's name
    tool_names: tuple[str, ...] | None = None
    previous_response_id: str | None = None
    metadata: str | None = None  # the request's own `metadata` object, as JSON


@dataclass(slots=True, unsafe_hash=True)
class ToolCall:
    """One tool call made by the model."""

    name: str
    arguments: str  # as the model wrote them
    call_id: str | None = None
    namespace: str | None = None


@dataclass(slots=True, unsafe_hash=True)
class Item:
    """One message, tool call or tool result inside a request, and where its bytes are.

    start, end: byte offsets into the decoded request body; `body[start:end]` is the item's JSON.
    """

    start: int
    end: int
    kind: str  # "message", "tool_call", "tool_result", "reasoning", or the item's own type
    role: str | None = None  # system, developer, user, assistant, tool
    text: str = ""  # what a person would read
    tool_name: str | None = None
    tool_call_id: str | None = None


@dataclass(slots=True, unsafe_hash=True)
class Request:
    """A request's meaning. `boundaries` are byte offsets at which the body is worth slicing.

    boundaries: ascending offsets, 0 < b < len(body): the ends of items, and of large top-level
        values (such as `tools`), so that what repeats from call to call is a slice of its own.
    digest: hash over the canonical body without what changes between retries (client_metadata):
        equal digests in one turn are the same request sent again.
    """

    parameters: Parameters = field(default_factory=Parameters)
    items: tuple[Item, ...] = ()
    boundaries: tuple[int, ...] = ()
    tools: bytes = b""  # the `tools` array, as JSON
    digest: str | None = None
    client_metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, unsafe_hash=True)
class Usage:
    """Token counts as the backend reported them."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(slots=True, unsafe_hash=True)
class Answer:
    """An answer assembled from a body or from a stream's chunks."""

    text: str | None = None
    reasoning: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    usage: Usage = field(default_factory=Usage)
    response_id: str | None = None
    model: str | None = None  # the model the backend says it used
    system_fingerprint: str | None = None
    timings: str | None = None  # the backend's own timings, as JSON
    prompt_tokens_per_second: float | None = None  # as the backend reports it
    tokens_per_second: float | None = None  # as the backend reports it
    first_token_us: int | None = None  # offset of the first token (text, reasoning or tool call)
    events: int | None = None  # events of a stream
    complete: bool = False  # the dialect's terminal event, or a whole JSON body, was there
    error: str | None = None  # the backend's own error message
    wire: tuple[tuple[str, str], ...] = ()  # what was wrong with its events: (keyword, detail)


@dataclass(slots=True, unsafe_hash=True)
class Identity:
    """Who asked: as the client says, from headers and body."""

    session_id: str | None = None  # Codex thread, `x-driftgate-session`, or metadata.session_id
    thread_id: str | None = None
    turn_id: str | None = None
    window_id: str | None = None
    request_kind: str | None = None  # Codex: "turn" or "compaction"
    originator: str | None = None
    user_agent: str | None = None
    client_retry: int | None = None  # a retry count that the client itself sends
    parent_call_id: str | None = None  # hex digits: the agent's call that this one is part of

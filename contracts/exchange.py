"""What a contract looks at: one request and its answer, as values. No bytes of any wire.

The nouns of a dialect are taken as they are (structurally), so that nothing is copied for judging.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class ToolCall(Protocol):
    """One tool call that a model made. `arguments` as the model wrote them, usually JSON."""

    @property
    def name(self) -> str: ...  # noqa: D102 - a field, explained by its class
    @property
    def arguments(self) -> str: ...  # noqa: D102
    @property
    def call_id(self) -> str | None: ...  # noqa: D102
    @property
    def namespace(self) -> str | None: ...  # noqa: D102


class Item(Protocol):
    """One message, tool call or tool result of a request.

    kind: "message", "tool_call", "tool_result", "reasoning", or the item's own type.
    role: system, developer, user, assistant, tool. text: what a person would read; a tool call's
        arguments.
    """

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def role(self) -> str | None: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def tool_name(self) -> str | None: ...  # noqa: D102


class Parameters(Protocol):
    """What a request asks for, as sent; None where it does not say."""

    @property
    def model(self) -> str | None: ...  # noqa: D102
    @property
    def stream(self) -> bool | None: ...  # noqa: D102
    @property
    def temperature(self) -> float | None: ...  # noqa: D102
    @property
    def top_p(self) -> float | None: ...  # noqa: D102
    @property
    def top_k(self) -> int | None: ...  # noqa: D102
    @property
    def min_p(self) -> float | None: ...  # noqa: D102
    @property
    def seed(self) -> int | None: ...  # noqa: D102
    @property
    def max_tokens(self) -> int | None: ...  # noqa: D102
    @property
    def stop(self) -> tuple[str, ...] | None: ...  # noqa: D102
    @property
    def num_ctx(self) -> int | None: ...  # noqa: D102
    @property
    def reasoning_effort(self) -> str | None: ...  # noqa: D102
    @property
    def response_format(self) -> str | None: ...  # noqa: D102
    @property
    def response_schema(self) -> str | None: ...  # noqa: D102
    @property
    def tool_choice(self) -> str | None: ...  # noqa: D102
    @property
    def tool_names(self) -> tuple[str, ...] | None: ...  # noqa: D102
    @property
    def metadata(self) -> str | None: ...  # noqa: D102


class Usage(Protocol):
    """Token counts as the backend reported them."""

    @property
    def input_tokens(self) -> int | None: ...  # noqa: D102
    @property
    def output_tokens(self) -> int | None: ...  # noqa: D102
    @property
    def cached_tokens(self) -> int | None: ...  # noqa: D102
    @property
    def reasoning_tokens(self) -> int | None: ...  # noqa: D102


class Answer(Protocol):
    """An assembled answer.

    wire: what was wrong with its events, as (keyword, detail); see `driftgate.contracts.wire`.
    """

    @property
    def text(self) -> str | None: ...  # noqa: D102
    @property
    def reasoning(self) -> str | None: ...  # noqa: D102
    @property
    def tool_calls(self) -> Sequence[ToolCall]: ...  # noqa: D102
    @property
    def finish_reason(self) -> str | None: ...  # noqa: D102
    @property
    def usage(self) -> Usage: ...  # noqa: D102
    @property
    def complete(self) -> bool: ...  # noqa: D102
    @property
    def error(self) -> str | None: ...  # noqa: D102
    @property
    def wire(self) -> Sequence[tuple[str, str]]: ...  # noqa: D102


@dataclass(slots=True)
class Asked:
    """One request.

    dialect: responses, chat, completions, ollama_chat or ollama_generate.
    path: as sent, with its query. named: the contract that the header `x-driftgate-contract` names.
    body: the decoded body. tools: its `tools` array as JSON, empty where it has none.
    """

    dialect: str
    path: str
    parameters: Parameters
    items: Sequence[Item] = ()
    named: str | None = None
    body: bytes = b""
    tools: bytes = b""


@dataclass(slots=True)
class Answered:
    """One answer. streamed: it came as a stream. cut: only its beginning was recorded."""

    status: int
    answer: Answer
    streamed: bool = False
    cut: bool = False

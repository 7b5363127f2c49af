"""What happens in a turn, as it happens. Pure values, made by `events` and told to clients and the history."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from driftgate.proxy.errors import Fault


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the model's server counted them."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.output_tokens + other.output_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )


class Kind(StrEnum):
    """What an item is."""

    MESSAGE = "message"  # of the agent
    REASONING = "reasoning"
    COMMAND = "command"
    FILE_CHANGE = "file_change"
    APPROVAL = "approval"  # Codex asked, driftgate answered
    COMPACTION = "compaction"  # the history was shortened
    WARNING = "warning"  # Codex's own, or a transient error that it retries
    IGNORED = "ignored"  # a parameter of the request that agents do not honour
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of an agent message. item: id of the message."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class Thought:
    """A piece of the model's reasoning."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class Began:
    """An item has begun: a command runs. title: see Item."""

    kind: Kind
    item: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item is whole.

    title: one line for people: the command, the changed paths, what was asked for approval.
    status: completed, failed, declined, or Codex's own word.
    text: what it is about: the message, the command's output, the diff; cut at a limit.
    exit_code: of a command; None: it is none, or has not ended. duration_ms: None: not told.
    changes: of a file change: (kind: add, delete or update; path; diff).
    data: Codex's own item, bounded.
    """

    kind: Kind
    item: str
    title: str
    status: str = "completed"
    text: str = ""
    cwd: str = ""
    exit_code: int | None = None
    duration_ms: int | None = None
    changes: tuple[tuple[str, str, str], ...] = ()
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelCall:
    """Codex has had an answer of the model: an inner call is over."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class TurnError:
    """Why a turn failed.

    code: codex_missing, codex_too_old, codex_protocol, codex_died, model_failed, context_full, turn_timeout,
        turn_loop, turn_interrupted, agent_busy, workspace_failed, bad_request.
    message: one line: what, where, what to do. status: HTTP status for a client that has got nothing yet.
    """

    code: str
    message: str
    fault: Fault
    status: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The last step of every turn.

    status: completed, failed or interrupted. error: unless completed.
    usage: of this turn alone. model_calls: inner calls that were answered.
    """

    status: str
    error: TurnError | None = None
    usage: Usage = Usage()
    model_calls: int = 0
    duration_ms: int | None = None


Step = Text | Thought | Began | Item | ModelCall | Ended

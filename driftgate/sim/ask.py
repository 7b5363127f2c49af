"""The nouns between the dialects and the mind: what is asked for and what is replied."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


class SimError(Exception):
    """A refusal the client sees, in its dialect's error shape.

    Args:
        status: HTTP status.
        message: one line.
        kind: the error's `type`, in llama-server's words.
        extra: further members of the error object.
    """

    def __init__(
        self, status: int, message: str, kind: str = "invalid_request_error", **extra: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.extra: Json = extra


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call. `arguments` is JSON text; `call_id` is None where a fault left it out."""

    name: str
    arguments: str
    call_id: str | None
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation; role "tool" carries a tool's result."""

    role: str
    text: str = ""
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """A declared function."""

    name: str
    description: str = ""
    parameters: Json = field(default_factory=dict)
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """What a client asks for. None: the client did not say."""

    model: str | None = None
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    customs: tuple[str, ...] = ()  # custom tools as text: read, never called
    tool_choice: str = "auto"  # auto, none, required, or a tool's name
    schema: Json | bool | None = None
    json_object: bool = False
    max_tokens: int | None = None
    context: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    temperature: float | None = None
    think: bool = False
    stream: bool = False

    @property
    def prompt(self) -> str:
        """The last user message's text."""
        return next((m.text for m in reversed(self.messages) if m.role == "user"), "")

    @property
    def results(self) -> list[str]:
        """Texts of the tool results that came after the last user message, oldest first."""
        found: list[str] = []
        for message in reversed(self.messages):
            if message.role == "user":
                break
            if message.role == "tool":
                found.append(message.text)
        return found[::-1]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the mind answers, before any limit on tokens."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[Call, ...] = ()

"""What a client asks of an agent, in whatever dialect it came: one turn's worth of work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One turn to be run.

    dialect: chat or responses. model: as the client named it. stream: whether it wants a stream.
    input: the turn's prompt, as Codex takes it (`{"type": "text", "text": ...}` and images).
    history: what was said before, as items of the Responses API.
    instructions: the client's system and developer messages, joined; empty: none.
    schema: JSON Schema of the final answer; None: free text.
    ignored: names of parameters that an agent cannot honour (temperature, seed, ...).
    usage: whether a chat stream ends with a usage chunk.
    body: the request itself, for what is echoed in the answer.
    """

    dialect: str
    model: str
    stream: bool
    input: Sequence[Json]
    history: Sequence[Json] = ()
    instructions: str = ""
    schema: Any = None
    ignored: Sequence[str] = ()
    usage: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)

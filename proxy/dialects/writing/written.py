"""What a written answer needs besides its meaning, and what of it has been sent."""

from dataclasses import dataclass, field
from typing import Any

from driftgate.proxy.dialects.lenient import compact
from driftgate.proxy.dialects.meaning import Answer

Json = dict[str, Any]


@dataclass(slots=True)
class Written:
    """One answer to be written.

    model: what the client asked for; stands where the answer names none.
    created: seconds since the Unix epoch.
    response_id: ours; stands where the answer has none, and where a keep-alive has told it already.
    include_usage: whether a chat stream ends with its usage.
    request: the client's parsed body, for what is echoed and for its custom tools.
    begun: how many keep-alives have been sent; `keep_alive` counts, `write_stream` goes on from there.
    """

    model: str | None
    created: int
    response_id: str
    include_usage: bool = False
    request: Json = field(default_factory=dict)
    begun: int = 0

    def id_for(self, answer: Answer) -> str:
        """The answer's id. One stream has one id, so a keep-alive fixes it."""
        return self.response_id if self.begun else (answer.response_id or self.response_id)

    def model_for(self, answer: Answer) -> str:
        """The model that answered, or else the one asked for."""
        return answer.model or self.model or ""


def as_json(value: Any) -> bytes:
    """Compact JSON in UTF-8; what UTF-8 or JSON cannot hold is replaced."""
    return (compact(value) or "{}").encode()


def event(value: Json, kind: str | None = None) -> bytes:
    """One Server-Sent Event."""
    name = b"event: " + kind.encode() + b"\n" if kind else b""
    return name + b"data: " + as_json(value) + b"\n\n"

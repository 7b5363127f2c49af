"""A tool call that a repair made or completed."""

from dataclasses import dataclass
from hashlib import blake2b

ID_DIGITS = 24


@dataclass(frozen=True, slots=True)
class Made:
    """One tool call. `arguments` is JSON text; a namespaced tool keeps its namespace."""

    name: str
    arguments: str
    call_id: str | None = None
    namespace: str | None = None


def call_id(name: str, arguments: str, position: int) -> str:
    """The id of the tool call at `position` of an answer: the same for the same call."""
    content = "\0".join((name, arguments, str(position))).encode("utf-8", "surrogatepass")
    return f"call_{blake2b(content, digest_size=ID_DIGITS // 2).hexdigest()}"

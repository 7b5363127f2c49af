"""What the scan of a request body finds: values, and where in the bytes they are."""

from dataclasses import dataclass, field
from typing import Any

Span = tuple[int, int]


@dataclass(slots=True)
class Fields:
    """An object's values by key, and their byte offsets.

    elements: for the arrays that hold a conversation, the span of each element.
    kept: how many leading elements of the conversation were not read again, because a remembered
        body begins with them too; None stands in for their values.
    known: what was made of those elements then, one each; `called` likewise.
    called: (index of the element, call's id, tool's name) of the tool calls among the elements.
    """

    values: dict[str, Any] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    elements: dict[str, list[Span]] = field(default_factory=dict)
    kept: int = 0
    known: tuple[Any, ...] = ()
    called: list[tuple[int, str, str | None]] = field(default_factory=list)


@dataclass(slots=True)
class Mark:
    """Where the walk of a body's conversation stood, so that a body which goes on is read from there.

    All offsets count characters of `text`.
    """

    text: str
    key: str
    start: int
    values: dict[str, Any]  # what stood before it
    spans: dict[str, Span]
    big: list[int]
    elements: list[Span]
    known: tuple[Any, ...] = ()
    called: list[tuple[int, str, str | None]] = field(default_factory=list)

    def shared(self, text: str) -> int:
        """How many leading elements stand in `text` at the same place, their delimiters included."""
        count = len(self.elements)
        while count and not text.startswith(self.text[: self.elements[count - 1][1]]):
            count = count - 1 if count > len(self.elements) - 2 else count // 2
        # a number may go on behind the place where it ended then
        while count and self.text[self.elements[count - 1][1] - 1] not in '"}]':
            count -= 1
        return count


@dataclass(slots=True)
class Scan:
    """What a body holds.

    valid: the whole body is one JSON text. Where it is not, `fields` has what could be read
        before the fault, and there are no boundaries.
    fields: the request's own object: the top level, or the object under `response` in a
        websocket frame of type `response.create`.
    """

    body: bytes
    valid: bool = False
    value: Any = None
    fields: Fields = field(default_factory=Fields)
    boundaries: tuple[int, ...] = ()
    mark: Mark | None = None

"""A response in the words of the Responses dialect, written as it grows.

Event order and members: https://platform.openai.com/docs/api-reference/responses-streaming, and
what llama-server sends. Items are opened in the order of their index and closed together when the
answer's end is known: only then is a call of several known to be whole.
"""

from dataclasses import dataclass, field
from typing import Any

from driftgate.proxy.adapt.items import Item, MessageItem, ReasoningItem, ToolItem
from driftgate.proxy.adapt.request import Plan
from driftgate.proxy.adapt.text import sse
from driftgate.proxy.dialects.writing.responses_body import head
from driftgate.proxy.dialects.writing.responses_events import next_number
from driftgate.proxy.dialects.writing.written import Written

Json = dict[str, Any]


@dataclass(slots=True)
class End:
    """How an answer ended. reason: why it is incomplete. error: code and message."""

    status: str = "completed"
    reason: str | None = None
    error: Json | None = None
    usage: Json | None = None
    more: Json = field(default_factory=dict)  # further members of the response: timings


class ResponsesWriter:
    """Writes one response. `take()` gives the bytes of the events since the last time."""

    def __init__(self, plan: Plan, ask: Written) -> None:
        """Begins the response; where a keep-alive has begun it, it goes on from there."""
        self._base = ask.response_id.removeprefix("resp_")
        self._tools = plan.tools
        self._summary = plan.summary
        self._number = next_number(ask)
        self._out: list[bytes] = []
        self._items: list[Item] = []
        self._open: dict[str, Item] = {}  # the item that the next piece of its kind goes to
        self._head: Json = head(ask, "in_progress")
        if not ask.begun:
            for kind in ("response.created", "response.in_progress"):
                self._emit({"type": kind, "response": self._head})

    def take(self) -> bytes:
        """The events since the last time."""
        out = b"".join(self._out)
        self._out.clear()
        return out

    def reasoning(self, text: str) -> None:
        """More of the model's thoughts."""
        item = self._open.get("reasoning")
        if item is None:
            item = self._add("reasoning", ReasoningItem(f"rs_{self._next}", summary=self._summary))
        self._emit_all(item.add(text))

    def text(self, text: str) -> None:
        """More of the answer's text; thoughts that came before are done."""
        self._thought()
        item = self._open.get("message")
        if item is None:
            item = self._add("message", MessageItem(f"msg_{self._next}"))
        self._emit_all(item.add(text))

    def empty_text(self) -> None:
        """A message without text."""
        self._thought()
        self._add("message", MessageItem(f"msg_{self._next}"))

    def call(self, key: str, *, custom: bool = False) -> ToolItem:
        """The tool call under a key of the caller's own, made at its first mention."""
        self._thought()
        item = self._open.get(key)
        if not isinstance(item, ToolItem):
            item = ToolItem(self._next, self._tools, custom=custom)
            self._add(key, item)
        return item

    def arguments(self, item: ToolItem, text: str) -> None:
        """More of a call's arguments; before the first, its name may still grow."""
        if text and not item.opened:
            self._open_up_to(item)
        self._emit_all(item.add(text))

    def end(self, end: End) -> Json:
        """Close what is open and write the last event; the whole response comes back."""
        self.close("completed" if end.status == "completed" else "incomplete")
        answer = {
            **self._head,
            "status": end.status,
            "error": end.error,
            "incomplete_details": {"reason": end.reason} if end.reason else None,
            "output": [item.whole() for item in self._items],
            **end.more,
        }
        if end.usage is not None:
            answer["usage"] = end.usage
        self._emit({"type": f"response.{end.status}", "response": answer})
        return answer

    def close(self, status: str = "completed") -> None:
        """Close all items that are open, in order."""
        for item in self._items:
            self._close(item, status)
        self._open.clear()

    def has(self, *kinds: type[Item]) -> bool:
        """Whether the answer has an item of these kinds."""
        return any(isinstance(item, kinds) for item in self._items)

    @property
    def _next(self) -> str:
        count = len(self._items)
        return f"{self._base}_{count}" if count else self._base

    def _thought(self) -> None:
        item = self._open.pop("reasoning", None)
        if item is not None:
            self._close(item, "completed")

    def _add(self, key: str, item: Item) -> Item:
        item.index = len(self._items)
        self._items.append(item)
        self._open[key] = item
        if not isinstance(item, ToolItem):
            self._open_up_to(item)
        return item

    def _open_up_to(self, last: Item) -> None:
        for item in self._items[: last.index + 1]:
            self._emit_all(item.open())

    def _close(self, item: Item, status: str) -> None:
        self._emit_all(item.open())
        self._emit_all(item.close(status))

    def _emit_all(self, events: list[Json]) -> None:
        for event in events:
            self._emit(event)

    def _emit(self, event: Json) -> None:
        numbered = {"type": event["type"], "sequence_number": self._number, **event}
        self._number += 1
        self._out.append(sse(numbered, event["type"]))

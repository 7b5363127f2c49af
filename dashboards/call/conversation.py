"""The conversation of a request as one reads it, each tool call with its result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from driftgate.dashboards.call import images
from driftgate.dashboards.call.images import Image
from driftgate.dashboards.call.texts import Budget, Text, pretty
from driftgate.proxy.dialects.content import content_text
from driftgate.proxy.dialects.describe import Described
from driftgate.proxy.dialects.lenient import compact, filled, listing, mapping, parse, written
from driftgate.proxy.dialects.meaning import Answer, Item

LATEST = 30  # items that are shown at first
LINE = 60  # characters of arguments that stand on one line
MOST = 2_000  # items that are shown when all are asked for
_REASONING = ("reasoning_content", "reasoning", "thinking")
_QUIET = frozenset({"system", "developer"})


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool gave back. number: its item's; call: the later call that sent it."""

    text: Text
    images: tuple[Image, ...] = ()
    number: int | None = None
    call: str | None = None


@dataclass(slots=True)
class ToolCall:
    """A tool call, and its result where there is one."""

    name: str
    call_id: str | None
    arguments: Text
    result: Result | None = None


@dataclass(slots=True)
class Entry:
    """One item. number: from 1; 0: of the answer. quiet: long and seldom read, so it is folded."""

    number: int
    role: str
    kind: str = "message"
    text: Text | None = None
    reasoning: Text | None = None
    calls: list[ToolCall] = field(default_factory=list)
    images: tuple[Image, ...] = ()
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """entries: in order. total: items of the request. earlier: those that are left out before them."""

    entries: list[Entry]
    total: int
    earlier: int = 0


def conversation(described: Described, budget: Budget, most: int = LATEST) -> Conversation:
    """The latest items of a request, and before them its first one if that is a system prompt."""
    items = described.request.items
    first = max(len(items) - most, 0)
    reader = _Reader(described, budget)
    shown = list(range(first, len(items)))
    if first and items[0].role in _QUIET:
        shown.insert(0, 0)
    entries = [entry for place in shown if (entry := reader.read(place)) is not None]
    beside = images.images(len(items), images.beside(described))
    if beside:
        entries.append(Entry(len(items), "user", images=beside))
    return Conversation(entries, len(items), len(items) - len(shown))


def answer_entry(answer: Answer, budget: Budget, results: Mapping[str, Result]) -> Entry | None:
    """What came back; None where there is nothing of it. results: by the id of their call."""
    if not (answer.text or answer.reasoning or answer.tool_calls):
        return None
    calls = [
        ToolCall(
            ".".join(part for part in (call.namespace, call.name) if part),
            call.call_id,
            budget.take(_arguments(call.arguments)),
            results.get(call.call_id or ""),
        )
        for call in answer.tool_calls[:MOST]
    ]
    reasoning = budget.take(answer.reasoning) if answer.reasoning else None
    text = budget.take(pretty(answer.text)) if answer.text else None
    return Entry(0, "assistant", text=text, reasoning=reasoning, calls=calls)


def results_of(rows: Sequence[Mapping[str, Any]], budget: Budget) -> dict[str, Result]:
    """Results that a later call sent, by the id of their tool call; rows of `items`."""
    return {
        row["tool_call_id"]: Result(budget.take(row["text"] or ""), call=str(row["call_id"]))
        for row in rows
    }


class _Reader:
    """Reads items in order; a result goes to the call it belongs to."""

    def __init__(self, described: Described, budget: Budget) -> None:
        self._items, self._body = described.request.items, described.body
        self._budget = budget
        self._open: list[ToolCall] = []  # calls without a result

    def read(self, place: int) -> Entry | None:
        """The item as an entry; None where it went to an earlier one."""
        item = self._items[place]
        value = parse(self._body[item.start : item.end])
        pictures = images.images(place, value)
        if item.kind == "tool_result":
            return self._result(place, item, value, pictures)
        entry = Entry(place + 1, item.role or "", item.kind, images=pictures)
        entry.quiet = item.role in _QUIET
        if item.kind == "reasoning":
            entry.reasoning = self._budget.take(item.text or "(the client sent it encrypted)")
            return entry
        self._say(entry, item, value)
        self._open += entry.calls
        return entry

    def _result(
        self, place: int, item: Item, value: Any, pictures: tuple[Image, ...]
    ) -> Entry | None:
        text = self._budget.take(pretty(_text_of(mapping(value), item)))
        called = self._called(item.tool_call_id, item.tool_name)
        if called is None:
            told = Result(text, pictures, place + 1)
            alone = ToolCall(item.tool_name or "", item.tool_call_id, self._budget.take(""), told)
            return Entry(place + 1, "tool", item.kind, calls=[alone])
        called.result = Result(text, pictures, place + 1)
        self._open.remove(called)
        return None

    def _called(self, call_id: str | None, name: str | None) -> ToolCall | None:
        """By its id; where results have none (Ollama), the first one that is open."""
        return next(
            (
                each
                for each in self._open
                if (each.call_id == call_id if call_id else name in (None, each.name))
            ),
            None,
        )

    def _say(self, entry: Entry, item: Item, value: Any) -> None:
        told = mapping(value)
        calls = listing(told.get("tool_calls"))
        if item.kind == "tool_call" and not calls:
            name = ".".join(filter(None, (filled(told.get("namespace")), item.tool_name)))
            arguments = self._budget.take(_arguments(item.text))
            entry.calls.append(ToolCall(name, item.tool_call_id, arguments))
            return
        entry.calls += [
            self._call(mapping(call)) for call in calls[: max(MOST - len(self._open), 0)]
        ]
        thought = next((told[key] for key in _REASONING if filled(told.get(key))), None)
        entry.reasoning = self._budget.take(content_text(thought)) if thought else None
        text = _text_of(told, item)
        if text or not (entry.calls or entry.images or entry.reasoning):
            entry.text = self._budget.take(pretty(text) if text else "")

    def _call(self, call: dict[str, Any]) -> ToolCall:
        function = mapping(call.get("function")) or mapping(call.get("custom"))
        given = function.get("arguments", function.get("input"))
        arguments = self._budget.take(_arguments(written(given)))
        return ToolCall(filled(function.get("name")) or "?", filled(call.get("id")), arguments)


def _arguments(text: str) -> str:
    """Indented, unless they read well on one line."""
    return text if len(text) <= LINE and "\n" not in text else pretty(text)


def _text_of(told: dict[str, Any], item: Item) -> str:
    """What a person would read, images left out; of an unknown kind its JSON."""
    key = "output" if item.kind == "tool_result" and "output" in told else "content"
    parts = told.get(key)
    if isinstance(parts, list):
        return content_text([part for part in parts if not images.is_image(part)])
    if item.kind == "tool_call":
        return content_text(parts) if parts else ""
    if not item.text and item.kind not in {"message", "tool_result"}:
        return compact(told) or ""
    return item.text

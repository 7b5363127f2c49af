"""OpenAI Responses: the answer, from a JSON body or from a stream's events.

The items are the truth: an item from `response.output_item.done` comes before the deltas that
built it, and both before the summary in `response.completed`, which some servers leave empty.
Streams without deltas, without a terminal event, or without ids are read as far as they go.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from driftgate.proxy.dialects.content import content_text
from driftgate.proxy.dialects.faults import error_message
from driftgate.proxy.dialects.lenient import clean, filled, listing, mapping, parse, string
from driftgate.proxy.dialects.meaning import Answer, ToolCall
from driftgate.proxy.dialects.responses import CALL_TYPES, reasoning_text
from driftgate.proxy.dialects.usage import llama_speed, openai_usage
from driftgate.proxy.dialects.wire_facts import (
    DUPLICATE_TERMINAL,
    EVENT_AFTER_TERMINAL,
    EVENT_ORDER,
    UNFINISHED_ITEM,
    WireFacts,
)

_COMPLETED = "response.completed"
_TERMINAL = frozenset({_COMPLETED, "response.failed", "response.incomplete"})
_DELTAS = {
    "response.output_text.delta": ("text", "message"),
    "response.refusal.delta": ("text", "message"),
    "response.reasoning_text.delta": ("reasoning", "reasoning"),
    "response.reasoning.delta": ("reasoning", "reasoning"),
    "response.reasoning_summary_text.delta": ("summary", "reasoning"),
    "response.function_call_arguments.delta": ("arguments", "function_call"),
    "response.custom_tool_call_input.delta": ("arguments", "custom_tool_call"),
}
_WHOLE = {  # the same, told once at the end of a part; counts only where no delta came
    "response.output_text.done": ("text", "message", "text"),
    "response.refusal.done": ("text", "message", "refusal"),
    "response.reasoning_text.done": ("reasoning", "reasoning", "text"),
    "response.reasoning_summary_text.done": ("summary", "reasoning", "text"),
    "response.function_call_arguments.done": ("arguments", "function_call", "arguments"),
    "response.custom_tool_call_input.done": ("arguments", "custom_tool_call", "input"),
}
_STREAMED_TOOLS = frozenset(CALL_TYPES)


@dataclass(slots=True)
class _Slot:
    """One output item while it is being streamed."""

    kind: str
    parts: dict[str, list[str]] = field(default_factory=dict)
    opened: dict[str, Any] = field(default_factory=dict)  # as output_item.added gave it
    item: dict[str, Any] | None = None  # as output_item.done gave it

    @property
    def is_open(self) -> bool:
        """Whether it is text or a call of a tool, and was not done."""
        return self.item is None and (self.kind == "message" or self.kind in _STREAMED_TOOLS)

    def streamed(self, part: str) -> str:
        return "".join(self.parts.get(part, ()))

    def merged(self) -> dict[str, Any]:
        """The item: what is done first, what was streamed where that is empty."""
        item = {**self.opened, **(self.item or {})}
        item["type"] = filled(item.get("type")) or self.kind
        if item["type"] == "message":
            if not content_text(item.get("content")):
                item["content"] = self.streamed("text")
        elif item["type"] == "reasoning":
            if not reasoning_text(item):
                item["content"] = self.streamed("reasoning")
                item["summary"] = self.streamed("summary")
        elif item["type"] in _STREAMED_TOOLS and not item.get(CALL_TYPES[item["type"]]):
            item[CALL_TYPES[item["type"]]] = self.streamed("arguments")
        return item


class ResponsesAssembler:
    """Takes the events of one response, in order, and gives its answer."""

    def __init__(self) -> None:
        self._slots: list[_Slot] = []
        self._by_key: dict[tuple[str, Any], _Slot] = {}
        self._response: dict[str, Any] = {}
        self._timings: Any = None
        self._first_ns: int | None = None
        self._error: str | None = None
        self.wire = WireFacts()
        self.events = 0
        self.complete = False

    def take(self, event: Any, offset_ns: int) -> None:
        """One event's JSON object; anything else is counted and passed over."""
        self.events += 1
        if not isinstance(event, dict):
            return
        kind = event.get("type")
        if self.complete:
            self._after_end(kind)
        if not isinstance(kind, str):
            self._error = self._error or error_message(event)
        elif kind in _DELTAS:
            self._delta(event, *_DELTAS[kind], offset_ns)
        elif kind in _WHOLE:
            self._whole(event, *_WHOLE[kind], offset_ns)
        elif kind in ("response.output_item.added", "response.output_item.done"):
            self._item(event, kind.endswith("done"), offset_ns)
        elif kind == "error":
            self._error = error_message(event) or filled(event.get("message")) or "error"
        elif isinstance(event.get("response"), dict):
            self._state(event, kind)

    def answer(self) -> Answer:
        """The answer as far as it came."""
        items = [slot.merged() for slot in self._slots]
        return read_response(
            self._response,
            items or listing(self._response.get("output")),
            timings=self._timings,
            first_ns=self._first_ns,
            events=self.events,
            complete=self.complete,
            error=self._error,
            wire=self.wire,
        )

    def _after_end(self, kind: Any) -> None:
        if not isinstance(kind, str):
            return
        if kind in _TERMINAL:
            self.wire.note(DUPLICATE_TERMINAL, self.events, f"{kind}, and the response had ended")
        elif kind.startswith("response."):
            self.wire.note(EVENT_AFTER_TERMINAL, self.events, f"{kind} after the response's end")

    def _delta(self, event: dict[str, Any], part: str, kind: str, offset_ns: int) -> None:
        delta = event.get("delta")
        if isinstance(delta, str) and delta:
            if self._first_ns is None:
                self._first_ns = offset_ns
            slot = self._slot(event, {}, kind)
            slot.parts.setdefault(part, []).append(delta)
            if slot.item is not None or not slot.opened:
                state = "not added" if slot.item is None else "done already"
                self.wire.note(EVENT_ORDER, self.events, f"a delta of an item that was {state}")

    def _whole(self, event: dict[str, Any], part: str, kind: str, key: str, offset_ns: int) -> None:
        text = event.get(key)
        slot = self._slot(event, {}, kind)
        if isinstance(text, str) and text and part not in slot.parts:
            slot.parts[part] = [text]
            if self._first_ns is None:
                self._first_ns = offset_ns

    def _item(self, event: dict[str, Any], done: bool, offset_ns: int) -> None:
        item = event.get("item")
        if not isinstance(item, dict):
            return
        kind = filled(item.get("type")) or "message"
        slot = self._slot(event, item, kind)
        if done:
            slot.item = item
        else:
            slot.opened = item
        if self._first_ns is None and (done or kind in _STREAMED_TOOLS):
            self._first_ns = offset_ns

    def _state(self, event: dict[str, Any], kind: str) -> None:
        self._response = {**self._response, **event["response"]}
        timings = event.get("timings") or self._response.get("timings")
        self._timings = timings if isinstance(timings, dict) else self._timings
        if kind in _TERMINAL:
            if kind == _COMPLETED and not self.complete and any(s.is_open for s in self._slots):
                what = "an item of the answer was never done: the Codex CLI does not see it"
                self.wire.note(UNFINISHED_ITEM, self.events, what)
            self.complete = True
        elif kind == "response.created" and self._slots:
            self.wire.note(EVENT_ORDER, self.events, f"{kind} after items of the response")

    def _slot(self, event: dict[str, Any], item: dict[str, Any], kind: str) -> _Slot:
        """The slot an event speaks of: by id, by output index, or else the open one of its kind."""
        ids = [event.get("item_id"), item.get("id"), item.get("call_id")]
        keys = [("id", value) for value in ids if isinstance(value, str) and value]
        index = event.get("output_index")
        place = [("index", index)] if type(index) is int else []
        found = next((self._by_key[key] for key in keys + place if key in self._by_key), None)
        if found is not None and found.kind != kind:
            found = None  # an index or id used twice: another item
        if found is None and not keys and not place:
            found = self._open(kind)
        if found is None:
            found = _Slot(kind)
            self._slots.append(found)
        for key in keys + place:
            self._by_key[key] = found
        return found

    def _open(self, kind: str) -> _Slot | None:
        for slot in reversed(self._slots):
            if slot.kind == kind and slot.item is None:
                return slot
        return None


def read_stream(events: Iterable[tuple[int, bytes]]) -> Answer:
    """The answer of a stream, given as (offset_ns, data) pairs."""
    assembler = ResponsesAssembler()
    for offset_ns, data in events:
        value = parse(data)
        assembler.take(value, offset_ns)
        if value is None:
            assembler.wire.unreadable(assembler.events, data)
    if assembler.wire and not assembler.complete:
        assembler.wire.cut_off(assembler.events)
    return assembler.answer()


def read_body(value: Any) -> Answer:
    """The answer of a JSON body."""
    if not isinstance(value, dict):
        return Answer(complete=value is not None)
    items = listing(value.get("output"))
    timings = value.get("timings")
    return read_response(value, items, timings=timings, complete=True)


def read_response(
    response: dict[str, Any],
    items: list[Any],
    *,
    timings: Any = None,
    first_ns: int | None = None,
    events: int | None = None,
    complete: bool = False,
    error: str | None = None,
    wire: WireFacts | None = None,
) -> Answer:
    """A response object and its items as an Answer."""
    get = response.get
    wire = WireFacts() if wire is None else wire
    wire.usage(get("usage"), timings)
    wire.context(response)
    text, reasoning, calls = _assembled(items)
    speed = llama_speed(timings)
    return Answer(
        text=text,
        reasoning=reasoning,
        tool_calls=calls,
        finish_reason=_finish(response),
        usage=openai_usage(get("usage"), timings),
        response_id=filled(get("id")),
        model=filled(get("model")),
        system_fingerprint=filled(get("system_fingerprint")),
        timings=speed.timings,
        prompt_tokens_per_second=speed.prompt,
        tokens_per_second=speed.predicted,
        first_token_us=None if first_ns is None else first_ns // 1000,
        events=events,
        complete=complete,
        error=error_message(response) or error,
        wire=wire.facts(),
    )


def _finish(response: dict[str, Any]) -> str | None:
    reason = filled(mapping(response.get("incomplete_details")).get("reason"))
    status = filled(response.get("status"))
    return reason or (None if status == "in_progress" else status)


def _assembled(items: list[Any]) -> tuple[str | None, str | None, tuple[ToolCall, ...]]:
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[ToolCall] = []
    for item in items:
        if not isinstance(item, dict):
            continue
        kind = item.get("type")
        if kind == "message":
            texts.append(content_text(item.get("content")))
        elif kind == "reasoning":
            thoughts.append(reasoning_text(item))
        elif isinstance(kind, str) and kind in CALL_TYPES:
            calls.append(_call(item, CALL_TYPES[kind]))
    return _joined(texts), _joined([thought for thought in thoughts if thought]), tuple(calls)


def _joined(parts: list[str]) -> str | None:
    return clean("\n".join(parts)) if parts else None


def _call(item: dict[str, Any], key: str) -> ToolCall:
    return ToolCall(
        name=string(item.get("name")) or "",
        arguments=content_text(item.get(key)),
        call_id=filled(item.get("call_id")),  # the item's own id names no call
        namespace=filled(item.get("namespace")),
    )

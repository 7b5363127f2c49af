"""Ollama's native calls: what a request asks, and the answer from NDJSON or one JSON.

https://github.com/ollama/ollama/blob/main/docs/api.md. `think` is kept as reasoning effort, as
sent: "true", "false", or a level.
"""

from collections.abc import Iterable
from typing import Any

from driftgate.proxy.dialects.chat import read_items as read_messages
from driftgate.proxy.dialects.content import content_text
from driftgate.proxy.dialects.faults import error_message
from driftgate.proxy.dialects.lenient import (
    boolean,
    canonical_text,
    clean,
    compact,
    filled,
    integer,
    listing,
    mapping,
    number,
    parse,
    small_integer,
    string,
    strings,
    written,
)
from driftgate.proxy.dialects.meaning import Answer, Item, Parameters, ToolCall
from driftgate.proxy.dialects.parameters import tool_choice, tool_names
from driftgate.proxy.dialects.scanned import Fields
from driftgate.proxy.dialects.usage import ollama_speed, ollama_usage
from driftgate.proxy.dialects.wire_facts import (
    DUPLICATE_TERMINAL,
    EVENT_AFTER_TERMINAL,
    WireFacts,
)


def read_parameters(fields: Fields) -> Parameters:
    """The parameters; sampling stands in `options`. `name` is the older word for `model`."""
    get = fields.values.get
    option = mapping(get("options")).get
    kind, schema = _format(get("format"))
    metadata = get("metadata")
    return Parameters(
        model=string(get("model")) or string(get("name")),
        stream=boolean(get("stream")),
        temperature=number(option("temperature")),
        top_p=number(option("top_p")),
        top_k=small_integer(option("top_k")),
        min_p=number(option("min_p")),
        seed=integer(option("seed")),
        max_tokens=integer(option("num_predict")),
        stop=strings(option("stop")),
        num_ctx=integer(option("num_ctx")),
        reasoning_effort=_think(get("think")),
        response_format=kind,
        response_schema=schema,
        tool_choice=tool_choice(get("tool_choice")),
        tool_names=tool_names(get("tools")),
        metadata=compact(metadata) if isinstance(metadata, dict) else None,
    )


def _format(value: Any) -> tuple[str | None, str | None]:
    if isinstance(value, dict):
        return "json_schema", canonical_text(value)
    if value == "json":
        return "json_object", None
    return filled(value), None


def _think(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return filled(value)


def read_items(fields: Fields) -> tuple[Item, ...]:
    """The messages of /api/chat, or system and prompt of /api/generate."""
    if "messages" in fields.values:
        return read_messages(fields)
    items = []
    for key, role in (("system", "system"), ("prompt", "user")):
        text, span = fields.values.get(key), fields.spans.get(key)
        if isinstance(text, str) and text and span:
            items.append(Item(*span, "message", role, content_text(text)))
    return tuple(items)


class OllamaAssembler:
    """Takes the objects of one answer, in order. A body without a stream is one object."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._calls: list[ToolCall] = []
        self._last: dict[str, Any] = {}
        self._model: str | None = None
        self._error: str | None = None
        self._first_ns: int | None = None
        self.wire = WireFacts()
        self.events = 0

    @property
    def complete(self) -> bool:
        """The last object was there."""
        return bool(self._last)

    def take(self, value: Any, offset_ns: int) -> None:
        """One object; anything else is counted and passed over."""
        self.events += 1
        if not isinstance(value, dict):
            return
        if self._last:
            again = value.get("done") is True
            keyword = DUPLICATE_TERMINAL if again else EVENT_AFTER_TERMINAL
            self.wire.note(keyword, self.events, "an object after the last one")
        self._model = self._model or filled(value.get("model"))
        self._error = self._error or error_message(value)
        message = mapping(value.get("message"))
        found = self._add(self._text, message.get("content"), value.get("response"))
        found |= self._add(self._thinking, message.get("thinking"), value.get("thinking"))
        for call in listing(message.get("tool_calls")):
            self._calls.append(_tool_call(mapping(call)))
            found = True
        if found and self._first_ns is None:
            self._first_ns = offset_ns
        if value.get("done") is True or value.get("status") == "success":
            self._last = value

    def answer(self, *, streamed: bool, complete: bool = False) -> Answer:
        """The answer as far as it came."""
        self.wire.context(self._last)
        speed = ollama_speed(self._last)
        first_us = None if self._first_ns is None else self._first_ns // 1000
        return Answer(
            text=clean("".join(self._text)) if self._text else None,
            reasoning=clean("".join(self._thinking)) if self._thinking else None,
            tool_calls=tuple(self._calls),
            finish_reason=filled(self._last.get("done_reason")) or filled(self._last.get("status")),
            usage=ollama_usage(self._last),
            model=self._model,
            timings=speed.timings,
            prompt_tokens_per_second=speed.prompt,
            tokens_per_second=speed.predicted,
            first_token_us=first_us if streamed else None,
            events=self.events if streamed else None,
            complete=complete or bool(self._last),
            error=self._error,
            wire=self.wire.facts(),
        )

    @staticmethod
    def _add(parts: list[str], *values: Any) -> bool:
        texts = [value for value in values if isinstance(value, str)]
        parts += texts
        return any(texts)


def _tool_call(call: dict[str, Any]) -> ToolCall:
    function = mapping(call.get("function"))
    return ToolCall(
        name=string(function.get("name")) or "",
        arguments=written(function.get("arguments")),
        call_id=filled(call.get("id")) or filled(function.get("id")),
    )


def read_stream(lines: Iterable[tuple[int, bytes]]) -> Answer:
    """The answer of a stream, given as (offset_ns, line) pairs."""
    assembler = OllamaAssembler()
    for offset_ns, line in lines:
        value = parse(line)
        assembler.take(value, offset_ns)
        if value is None:
            assembler.wire.unreadable(assembler.events, line)
    if assembler.wire and not assembler.complete:
        assembler.wire.cut_off(assembler.events)
    return assembler.answer(streamed=True)


def read_body(value: Any) -> Answer:
    """The answer of one JSON."""
    assembler = OllamaAssembler()
    assembler.take(value, 0)
    whole = isinstance(value, dict) and value.get("done") is not False
    return assembler.answer(streamed=False, complete=whole)

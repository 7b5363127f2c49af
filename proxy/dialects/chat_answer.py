"""OpenAI Chat Completions and Completions: the answer, from a JSON body or a stream's events.

With n > 1 the first choice is the answer. Text is taken as it stands: a reasoning channel or a
tool call that leaked into it stays there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from driftgate.proxy.dialects.content import content_text
from driftgate.proxy.dialects.faults import error_message
from driftgate.proxy.dialects.lenient import clean, filled, listing, mapping, parse, written
from driftgate.proxy.dialects.meaning import Answer, ToolCall
from driftgate.proxy.dialects.usage import llama_speed, openai_usage
from driftgate.proxy.dialects.wire_facts import (
    DUPLICATE_TERMINAL,
    EVENT_AFTER_TERMINAL,
    EVENT_ORDER,
    WireFacts,
)

_DONE = b"[DONE]"
_CONTEXT = ("truncated", "__verbose", "stats", "driftgate")  # see WireFacts.context
_REASONING = ("reasoning_content", "reasoning", "thinking")
_PARTS = ("content", "text", "tool_calls", *_REASONING)


@dataclass(slots=True)
class _Call:
    """One tool call while it is being streamed."""

    index: Any = None
    call_id: str | None = None
    name: str = ""
    arguments: list[str] = field(default_factory=list)

    def add(self, piece: dict[str, Any], function: dict[str, Any]) -> None:
        self.call_id = self.call_id or filled(piece.get("id"))
        name = function.get("name")
        if isinstance(name, str) and name != self.name:
            self.name += name  # servers send it once, in pieces, or again each time
        arguments = function.get("arguments")
        if arguments is not None:
            self.arguments.append(written(arguments))

    def done(self) -> ToolCall:
        return ToolCall(clean(self.name), clean("".join(self.arguments)), self.call_id)


class ChatAssembler:
    """Takes the chunks of one stream, in order, and gives its answer. A body is one chunk."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[_Call] = []
        self._last: dict[str, Any] = {}  # what chunks say of the whole, the last word
        self._finish: str | None = None
        self._first_ns: int | None = None
        self._error: str | None = None
        self._done = False
        self.wire = WireFacts()
        self.events = 0
        self.complete = False

    def end(self) -> None:
        """The stream's own end, `[DONE]`."""
        self.events += 1
        if self._done:
            self.wire.note(DUPLICATE_TERMINAL, self.events, "[DONE] came again")
        self.complete = self._done = True

    def take(self, chunk: Any, offset_ns: int) -> None:
        """One chunk's JSON object; anything else is counted and passed over."""
        self.events += 1
        if not isinstance(chunk, dict):
            return
        if self._done:
            self.wire.note(EVENT_AFTER_TERMINAL, self.events, "a chunk after [DONE]")
        for key in ("id", "model", "system_fingerprint", "usage", "timings", *_CONTEXT):
            value = chunk.get(key)
            if value:
                self._last[key] = value
        choices = chunk.get("choices")
        if isinstance(choices, list):
            for choice in choices:
                if isinstance(choice, dict) and not choice.get("index"):
                    self._choice(choice, offset_ns)
                    break
        else:
            self._error = self._error or error_message(chunk)
        if "error" in chunk:
            self._error = self._error or error_message(chunk)

    def answer(self, *, streamed: bool = True) -> Answer:
        """The answer as far as it came."""
        get = self._last.get
        timings = get("timings")
        self.wire.usage(get("usage"), timings)
        self.wire.context(self._last)
        speed = llama_speed(timings)
        first_us = None if self._first_ns is None else self._first_ns // 1000
        return Answer(
            text=clean("".join(self._text)) if self._text else None,
            reasoning=clean("".join(self._reasoning)) if self._reasoning else None,
            tool_calls=tuple([call.done() for call in self._calls]),
            finish_reason=self._finish,
            usage=openai_usage(get("usage"), timings),
            response_id=filled(get("id")),
            model=filled(get("model")),
            system_fingerprint=filled(get("system_fingerprint")),
            timings=speed.timings,
            prompt_tokens_per_second=speed.prompt,
            tokens_per_second=speed.predicted,
            first_token_us=first_us if streamed else None,
            events=self.events if streamed else None,
            complete=self.complete,
            error=self._error,
            wire=self.wire.facts(),
        )

    def _choice(self, choice: dict[str, Any], offset_ns: int) -> None:
        reason = choice.get("finish_reason")
        ended = self.complete and not self._done
        if isinstance(reason, str) and reason:
            self._finish = clean(reason)
            self.complete = True
        message = choice.get("delta") or choice.get("message")
        if isinstance(message, dict):
            self._message(message, offset_ns, whole="message" in choice)
        elif isinstance(choice.get("text"), str):
            self._add(self._text, choice["text"], offset_ns)
            message = choice
        if ended and message and any(message.get(part) for part in _PARTS):
            self.wire.note(EVENT_ORDER, self.events, "a part of the answer after its finish_reason")

    def _message(self, message: dict[str, Any], offset_ns: int, *, whole: bool) -> None:
        content = message.get("content")
        if content is not None:
            self._add(self._text, _raw_text(content), offset_ns)
        if isinstance(message.get("refusal"), str):
            self._add(self._text, message["refusal"], offset_ns)
        for key in _REASONING:
            thought = message.get(key)
            if isinstance(thought, str) and thought:
                self._add(self._reasoning, thought, offset_ns)
                break  # vLLM writes the same text under two names
        for place, piece in enumerate(listing(message.get("tool_calls"))):
            # In a whole message each entry is a call, whatever its id and index say.
            self._tool({**mapping(piece), "index": place} if whole else mapping(piece), offset_ns)
        if isinstance(message.get("function_call"), dict):  # the form before `tools`
            self._tool({"index": 0, "function": message["function_call"]}, offset_ns)

    def _add(self, parts: list[str], text: str, offset_ns: int) -> None:
        parts.append(text)
        if text and self._first_ns is None:
            self._first_ns = offset_ns

    def _tool(self, piece: dict[str, Any], offset_ns: int) -> None:
        if self._first_ns is None:
            self._first_ns = offset_ns
        # A `custom` tool carries `input` in place of `arguments`.
        function = mapping(piece.get("function"))
        custom = piece.get("custom")
        if isinstance(custom, dict):
            function = {"name": custom.get("name"), "arguments": custom.get("input")}
        self._call_of(piece, function).add(piece, function)

    def _call_of(self, piece: dict[str, Any], function: dict[str, Any]) -> _Call:
        index, call_id = piece.get("index"), filled(piece.get("id"))
        for call in reversed(self._calls):
            if index is not None and call.index != index:
                continue
            other = call_id is not None and call.call_id is not None and call.call_id != call_id
            unnumbered = index is None and call_id is None and bool(function.get("name"))
            if not (unnumbered or (other and (index is None or function.get("name")))):
                return call
            break
        call = _Call(index)
        self._calls.append(call)
        return call


def _raw_text(content: Any) -> str:
    """A delta's text with its surrogates: a pair may be split over two deltas."""
    return content if isinstance(content, str) else content_text(content)


def read_stream(events: Iterable[tuple[int, bytes]]) -> Answer:
    """The answer of a stream, given as (offset_ns, data) pairs."""
    assembler = ChatAssembler()
    for offset_ns, data in events:
        if data.strip() == _DONE:
            assembler.end()
        else:
            value = parse(data)
            assembler.take(value, offset_ns)
            if value is None:
                assembler.wire.unreadable(assembler.events, data)
    if assembler.wire and not assembler.complete:
        assembler.wire.cut_off(assembler.events)
    return assembler.answer()


def read_body(value: Any) -> Answer:
    """The answer of a JSON body."""
    assembler = ChatAssembler()
    assembler.take(value, 0)
    assembler.complete = value is not None
    return assembler.answer(streamed=False)

"""The chunks of a chat stream, read into a response's writer. A whole answer is one chunk.

Read as `driftgate.proxy.dialects.chat_answer` reads them, so that both see the same answer.
"""

from typing import Any

from driftgate.proxy.adapt.items import MessageItem, ToolItem
from driftgate.proxy.adapt.usage import responses_usage
from driftgate.proxy.adapt.writer import End, ResponsesWriter
from driftgate.proxy.dialects.content import content_text
from driftgate.proxy.dialects.lenient import clean, filled, listing, mapping, written

Json = dict[str, Any]
_REASONING = ("reasoning_content", "reasoning", "thinking")
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
_MOST_CALLS = 1000  # of one answer; a model that loops makes more


class ChunkReader:
    """Takes the chunks of one answer, in order. finish: the finish reason, once it is there."""

    def __init__(self) -> None:
        self.finish: str | None = None
        self._usage: Any = None
        self._timings: Any = None
        self._more: Json = {}
        self._calls: list[tuple[Any, str | None, ToolItem]] = []  # index, id, item

    def take(self, chunk: Json, writer: ResponsesWriter) -> None:
        """One chunk's object."""
        for key in ("system_fingerprint", "timings"):
            if chunk.get(key):
                self._more[key] = chunk[key]
        self._usage = chunk.get("usage") or self._usage
        for choice in listing(chunk.get("choices")):
            if isinstance(choice, dict) and not choice.get("index"):
                self._choice(choice, writer)
                break

    def end(self) -> End:
        """How the answer ended, as far as is known."""
        usage = responses_usage(self._usage, self._more.get("timings"))
        if self.finish == "error":
            error = {"code": "server_error", "message": "the upstream's answer ended in an error"}
            return End("failed", error=error, usage=usage, more=self._more)
        reason = _INCOMPLETE.get(self.finish or "")
        status = "incomplete" if reason else "completed"
        return End(status, reason, usage=usage, more=self._more)

    def round_off(self, writer: ResponsesWriter) -> None:
        """An answer without text and calls has an empty message, as from other servers."""
        if not writer.has(MessageItem, ToolItem):
            writer.empty_text()

    def _choice(self, choice: Json, writer: ResponsesWriter) -> None:
        message = choice.get("delta") or choice.get("message")
        if isinstance(message, dict):
            self._message(message, writer, whole="message" in choice)
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self.finish = clean(reason)

    def _message(self, message: Json, writer: ResponsesWriter, *, whole: bool) -> None:
        for key in _REASONING:
            thought = message.get(key)
            if isinstance(thought, str) and thought:
                writer.reasoning(thought)
                break  # vLLM writes the same text under two names
        for text in (message.get("content"), message.get("refusal")):
            said = text if isinstance(text, str) else content_text(text) if text else ""
            if said:
                writer.text(said)
        for place, piece in enumerate(listing(message.get("tool_calls"))):
            told = mapping(piece)
            self._tool({**told, "index": place} if whole else told, writer)
        if isinstance(message.get("function_call"), dict):  # the form before `tools`
            self._tool({"index": 0, "function": message["function_call"]}, writer)

    def _tool(self, piece: Json, writer: ResponsesWriter) -> None:
        function, custom = mapping(piece.get("function")), mapping(piece.get("custom"))
        if custom:
            function = {"name": custom.get("name"), "arguments": custom.get("input")}
        item = self._item_of(piece, function, writer, custom=bool(custom))
        if item is None:
            return
        name = function.get("name")
        if isinstance(name, str) and name != item.name:
            item.name += name  # servers send it once, in pieces, or again each time
        item.call_id = item.call_id or filled(piece.get("id"))
        arguments = function.get("arguments")
        if arguments is not None:
            raw = arguments if isinstance(arguments, str) else written(arguments)
            writer.arguments(item, raw)

    def _item_of(
        self, piece: Json, function: Json, writer: ResponsesWriter, *, custom: bool
    ) -> ToolItem | None:
        index, call_id = piece.get("index"), filled(piece.get("id"))
        for place in range(len(self._calls) - 1, -1, -1):
            known, known_id, item = self._calls[place]
            if index is not None and known != index:
                continue
            other = call_id is not None and known_id is not None and known_id != call_id
            unnumbered = index is None and call_id is None and bool(function.get("name"))
            if unnumbered or (other and (index is None or function.get("name"))):
                break
            self._calls[place] = (known, known_id or call_id, item)
            return item
        if len(self._calls) >= _MOST_CALLS:
            return None
        item = writer.call(f"call {len(self._calls)}", custom=custom)
        self._calls.append((index, call_id, item))
        return item

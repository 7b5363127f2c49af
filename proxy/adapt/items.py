"""The output items of a response while they are written: each gives the events of its own."""

from typing import Any

from driftgate.proxy.adapt.history import restored_call
from driftgate.proxy.adapt.names import Origin, ToolMap
from driftgate.proxy.dialects.lenient import clean
from driftgate.proxy.dialects.writing.responses_body import text_part

Json = dict[str, Any]


class Item:
    """One output item. index: its place, given when it is added. opened, closed: what was sent."""

    def __init__(self, item_id: str) -> None:
        self.id = item_id
        self.index = 0
        self.opened = False
        self.closed = False
        self.status = "in_progress"
        self.parts: list[str] = []

    @property
    def text(self) -> str:
        """All of it so far; a pair of surrogates may come in two pieces."""
        return clean("".join(self.parts))

    def open(self) -> list[Json]:
        """The events that begin it; none where it has begun."""
        if self.opened:
            return []
        self.opened = True
        return [self._told("response.output_item.added", item=self._item("")), *self._begin()]

    def add(self, text: str) -> list[Json]:
        """The events of one more piece."""
        if not text:
            return []
        self.parts.append(text)
        return self._piece(text)

    def close(self, status: str) -> list[Json]:
        """The events that end it; none where it has ended."""
        if self.closed:
            return []
        self.closed, self.status = True, status
        return [*self._finish(), self._told("response.output_item.done", item=self.whole())]

    def whole(self) -> Json:
        """The item as it is now."""
        return self._item(self.text)

    def _told(self, kind: str, **members: Any) -> Json:
        return {"type": kind, "output_index": self.index, **members}

    def _at(self, kind: str, **members: Any) -> Json:
        return {"type": kind, "item_id": self.id, "output_index": self.index, **members}

    def _item(self, text: str) -> Json:
        raise NotImplementedError

    def _begin(self) -> list[Json]:
        return []

    def _piece(self, text: str) -> list[Json]:
        raise NotImplementedError

    def _finish(self) -> list[Json]:
        raise NotImplementedError


class MessageItem(Item):
    """The answer's text."""

    def _item(self, text: str) -> Json:
        return {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "status": self.status,
            "content": [text_part(text)] if self.closed else [],
        }

    def _begin(self) -> list[Json]:
        return [self._at("response.content_part.added", content_index=0, part=text_part(""))]

    def _piece(self, text: str) -> list[Json]:
        kind = "response.output_text.delta"
        return [self._at(kind, content_index=0, delta=text, logprobs=[])]

    def _finish(self) -> list[Json]:
        text = self.text
        return [
            self._at("response.output_text.done", content_index=0, text=text, logprobs=[]),
            self._at("response.content_part.done", content_index=0, part=text_part(text)),
        ]


class ReasoningItem(Item):
    """The model's thoughts: as a summary (Codex shows it), or as text (as llama-server)."""

    def __init__(self, item_id: str, *, summary: bool) -> None:
        super().__init__(item_id)
        self._summary = summary
        self._kind = "response.reasoning_summary_text" if summary else "response.reasoning_text"
        self._place = {"summary_index" if summary else "content_index": 0}

    def _item(self, text: str) -> Json:
        shown = text if self.closed else ""
        summary = [{"type": "summary_text", "text": shown}] if shown and self._summary else []
        content = [{"type": "reasoning_text", "text": shown}] if shown and not self._summary else []
        told: Json = {"id": self.id, "type": "reasoning", "summary": summary}
        if not self._summary:
            told["content"] = content
        return {**told, "status": self.status}

    def _begin(self) -> list[Json]:
        return self._part("added", "")

    def _piece(self, text: str) -> list[Json]:
        return [self._at(f"{self._kind}.delta", **self._place, delta=text)]

    def _finish(self) -> list[Json]:
        text = self.text
        done = self._at(f"{self._kind}.done", **self._place, text=text)
        return [done, *self._part("done", text)]

    def _part(self, end: str, text: str) -> list[Json]:
        if not self._summary:
            return []
        part = {"type": "summary_text", "text": text}
        return [self._at(f"response.reasoning_summary_part.{end}", **self._place, part=part)]


class ToolItem(Item):
    """A tool call. Of a custom tool that was sent as a function, the input comes whole."""

    def __init__(self, base: str, tools: ToolMap, *, custom: bool) -> None:
        super().__init__(f"fc_{base}")
        self._base = base
        self._tools = tools
        self._custom = custom  # the server itself called a custom tool
        self._origin: Origin | None = None
        self.name = ""
        self.call_id: str | None = None

    @property
    def _as_custom(self) -> bool:
        return self._custom or (self._origin is not None and self._origin.kind == "custom")

    def open(self) -> list[Json]:
        """The events that begin it. A call without an id gets one: no client can answer it else."""
        if not self.opened:
            self.call_id = self.call_id or f"call_{self._base}"
            self._origin = self._tools.origins.get(clean(self.name))
            self.id = f"ctc_{self._base}" if self._as_custom else self.id
        return super().open()

    def _item(self, text: str) -> Json:
        kind, key = (
            ("custom_tool_call", "input") if self._custom else ("function_call", "arguments")
        )
        told = {
            "id": self.id,
            "type": kind,
            "status": self.status,
            "call_id": self.call_id,
            "name": clean(self.name),
            key: text,
        }
        return told if self._origin is None else restored_call(told, self._origin)

    def _piece(self, text: str) -> list[Json]:
        if self._custom:
            return [self._at("response.custom_tool_call_input.delta", delta=text)]
        if self._as_custom:
            return []
        return [self._at("response.function_call_arguments.delta", delta=text)]

    def _finish(self) -> list[Json]:
        item = self.whole()
        if not self._as_custom:
            kind = "response.function_call_arguments.done"
            return [self._at(kind, name=item["name"], arguments=item["arguments"])]
        kind, given = "response.custom_tool_call_input", item["input"]
        delta = [] if self._custom else [self._at(f"{kind}.delta", delta=given)]
        return [*delta, self._at(f"{kind}.done", input=given)]

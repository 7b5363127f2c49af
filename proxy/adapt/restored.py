"""A Responses answer back under the client's names of its tools, as it streams."""

from typing import Any

from driftgate.proxy.adapt.history import custom_input, restored_item
from driftgate.proxy.adapt.names import ToolMap
from driftgate.proxy.adapt.sniff import Sniffer
from driftgate.proxy.adapt.text import as_json, sse
from driftgate.proxy.dialects.lenient import integer, listing, parse, string
from driftgate.proxy.dialects.sse import Event, SseReader

Json = dict[str, Any]
_ARGUMENTS = "response.function_call_arguments"
_INPUT = "response.custom_tool_call_input"


class ToolsBack:
    """Rewrites the answer to a request that `flatten_tools` changed.

    request: the client's own, for what a response echoes of it (`tools`, `tool_choice`).
    A custom tool's input comes as one delta, when its arguments are whole.
    """

    def __init__(self, tools: ToolMap, request: Json) -> None:
        self._tools = tools
        self._request = request
        self._sniffer = Sniffer()
        self._reader = SseReader()
        self._custom: dict[Any, list[str]] = {}  # by item id and output index: arguments so far
        self._shift = 0  # how many more events went out than came in

    def feed(self, data: bytes) -> bytes:
        """The events that these bytes complete, rewritten."""
        events = self._reader.feed(self._sniffer.feed(data), 0)
        return b"".join([self._event(event) for event in events])

    def end(self) -> bytes:
        """What was under way when the stream ended; all of an answer that is one JSON object."""
        if self._sniffer.is_json:
            return self._whole(self._sniffer.rest())
        events = (*self._reader.feed(self._sniffer.rest(), 0), *self._reader.close())
        return b"".join([self._event(event) for event in events])

    def body(self, data: bytes) -> bytes:
        """A JSON answer, rewritten; a stream likewise, for a server that streams unasked."""
        return self.feed(data) + self.end()

    def error(self, _status: int, data: bytes) -> bytes:
        """An error answer's body: as it is, it names no tools."""
        return data

    def _whole(self, data: bytes) -> bytes:
        value = parse(data)
        return as_json(self._response(value)) if isinstance(value, dict) else data

    def _event(self, event: Event) -> bytes:
        value = parse(event.data)
        if not isinstance(value, dict):
            return _framed(event.kind, event.data)
        sent = self._rewritten(value)
        number = integer(value.get("sequence_number"))
        told = []
        for place, each in enumerate(sent):
            if number is not None:
                each = {**each, "sequence_number": number + self._shift + place}  # noqa: PLW2901 - the same event
            told.append(sse(each, (string(each.get("type")) or "") if event.kind else ""))
        if sent == [value] and (number is None or not self._shift):
            told = [_framed(event.kind, event.data)]
        self._shift += len(sent) - 1
        return b"".join(told)

    def _rewritten(self, value: Json) -> list[Json]:
        kind = value.get("type")
        if kind in ("response.output_item.added", "response.output_item.done"):
            return [self._item(value)]
        if kind == f"{_ARGUMENTS}.delta" and (parts := self._parts(value)) is not None:
            parts.append(string(value.get("delta")) or "")
            return []
        if kind == f"{_ARGUMENTS}.done":
            return self._arguments(value)
        if isinstance(value.get("response"), dict):
            return [{**value, "response": self._response(value["response"])}]
        return [value]

    def _item(self, value: Json) -> Json:
        item = restored_item(value.get("item"), self._tools)
        if item is value.get("item"):
            return value
        if item.get("type") == "custom_tool_call" and value["type"].endswith("added"):
            parts: list[str] = []
            for key in _keys(value, item):
                self._custom[key] = parts
        return {**value, "item": item}

    def _parts(self, value: Json) -> list[str] | None:
        found = (self._custom.get(key) for key in _keys(value, {}))
        return next((parts for parts in found if parts is not None), None)

    def _arguments(self, value: Json) -> list[Json]:
        parts = self._parts(value)
        if parts is None:
            origin = self._tools.origins.get(string(value.get("name")) or "")
            return [value if origin is None else {**value, "name": origin.name}]
        text = custom_input(string(value.get("arguments")) or "".join(parts))
        place = {k: v for k, v in value.items() if k not in ("type", "arguments", "name")}
        delta = {"type": f"{_INPUT}.delta", **place, "delta": text}
        return [delta, {"type": f"{_INPUT}.done", **place, "input": text}]

    def _response(self, response: Json) -> Json:
        told = dict(response)
        if listing(response.get("output")):
            told["output"] = [restored_item(item, self._tools) for item in response["output"]]
        for key in ("tools", "tool_choice"):
            if key in response and key in self._request:
                told[key] = self._request[key]
        return told


def _keys(value: Json, item: Json) -> list[Any]:
    """How an event names its item: by id, and by place."""
    ids = [each for each in (value.get("item_id"), item.get("id")) if isinstance(each, str)]
    index = value.get("output_index")
    return [("id", each) for each in ids] + ([("at", index)] if type(index) is int else [])


def _framed(kind: str, data: bytes) -> bytes:
    head = f"event: {kind}\n".encode() if kind else b""
    return head + b"".join([b"data: " + line + b"\n" for line in data.split(b"\n")]) + b"\n"

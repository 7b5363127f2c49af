"""The events of a Responses stream to pieces.

A text may be told three times: in deltas, whole at its end, and inside its item. Told is what comes
first, as `ResponsesAssembler` reads it; texts of several items are parted by a line feed.
"""

from typing import Any

from driftgate.proxy.dialects.content import content_text
from driftgate.proxy.dialects.lenient import clean, filled, listing, mapping
from driftgate.proxy.dialects.responses import CALL_TYPES, reasoning_text
from driftgate.proxy.dialects.stream_piece import NOTHING, Piece, joined

_TOLD = {  # event -> (member of Piece, member of the event)
    "response.output_text": ("text", "text"),
    "response.refusal": ("text", "refusal"),
    "response.reasoning_text": ("reasoning", "text"),
    "response.reasoning": ("reasoning", "text"),
    "response.reasoning_summary_text": ("reasoning", "text"),
    "response.function_call_arguments": ("arguments", "arguments"),
    "response.custom_tool_call_input": ("arguments", "input"),
}
_ITEMS = ("response.output_item.added", "response.output_item.done")
_KEPT = 4096  # items remembered; more of them in one answer are an attack

_Key = tuple[str, Any]


class ResponsesPieces:
    """Takes one response's events, in order."""

    def __init__(self) -> None:
        self._told: set[_Key] = set()  # (member, item) of what has been given
        self._last: dict[str, tuple[_Key, ...]] = {}  # the item that spoke last, by member

    def take(self, event: Any) -> Piece:
        """What one event's JSON adds."""
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            return NOTHING
        kind = event["type"]
        name, _, ending = kind.rpartition(".")
        if name in _TOLD and ending in ("delta", "done"):
            member, whole = _TOLD[name]
            text = event.get("delta" if ending == "delta" else whole)
            return self._say(member, text, _keys(member, event, {}), again=ending == "delta")
        if kind in _ITEMS:
            return self._item(event, mapping(event.get("item")), kind.endswith("done"))
        if not self._told:
            output = listing(mapping(event.get("response")).get("output"))
            given = [({"output_index": n}, mapping(item)) for n, item in enumerate(output)]
            return joined([NOTHING, *(self._item(place, item, True) for place, item in given)])
        return NOTHING

    def end(self) -> Piece:
        """What the stream's end adds: nothing in this dialect."""
        return NOTHING

    def _say(self, member: str, text: Any, keys: tuple[_Key, ...], *, again: bool) -> Piece:
        if not isinstance(text, str) or not text:
            return NOTHING
        known = not self._told.isdisjoint(keys)
        if known and not again:
            return NOTHING
        between = "" if known or member == "arguments" or member not in self._last else "\n"
        self._last[member] = keys
        self._remember(keys)
        said: dict[str, Any] = {member: between + clean(text)}
        return Piece(**said)

    def _item(self, event: dict[str, Any], item: dict[str, Any], done: bool) -> Piece:
        kind = filled(item.get("type"))
        said = [self._name(event, item)] if kind in CALL_TYPES else []
        if done and kind == "message":
            said.append(self._whole("text", content_text(item.get("content")), event, item))
        elif done and kind == "reasoning":
            said.append(self._whole("reasoning", reasoning_text(item), event, item))
        elif done and kind in CALL_TYPES:
            text = content_text(item.get(CALL_TYPES[kind]))
            said.append(self._whole("arguments", text, event, item))
        if done:  # events without ids speak of the next item from now on
            self._told -= {(member, None) for member in (*Piece._fields, "name")}
        return joined(said) if said else NOTHING

    def _whole(self, member: str, text: str, event: dict[str, Any], item: dict[str, Any]) -> Piece:
        return self._say(member, text, _keys(member, event, item), again=False)

    def _name(self, event: dict[str, Any], item: dict[str, Any]) -> Piece:
        name, keys = filled(item.get("name")), _keys("name", event, item)
        if name is None or not self._told.isdisjoint(keys):
            return NOTHING
        self._remember(keys)
        return Piece(tool_names=(name,))

    def _remember(self, keys: tuple[_Key, ...]) -> None:
        if len(self._told) < _KEPT:
            self._told.update(keys)


def _keys(member: str, event: dict[str, Any], item: dict[str, Any]) -> tuple[_Key, ...]:
    """How an event names its item: by ids and place; None where it does not."""
    ids = (event.get("item_id"), item.get("id"), item.get("call_id"))
    names: list[Any] = [value for value in ids if isinstance(value, str) and value]
    if type(event.get("output_index")) is int:
        names.append(event["output_index"])
    return tuple((member, name) for name in names or [None])

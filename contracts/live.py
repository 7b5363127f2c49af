"""Judging an answer while it streams: only what is certain before its end.

A flood, a first character that no JSON of the asked kind has, a tool that was not offered, a channel
marker at the start. What is said here the detectors at the end say too, of the text so far. Cost is
constant a character: the text is kept in pieces, a repetition is followed by comparing each new
piece with what stands one period before it, and only a repetition that has grown long enough is
looked at whole.
"""

import json
from collections.abc import Sequence
from typing import Any

from driftgate.contracts.builtin.flood import WINDOW, flood_of, periodic_tail
from driftgate.contracts.builtin.gemma import flood_violation
from driftgate.contracts.builtin.tools import offered
from driftgate.contracts.contract import Contract
from driftgate.contracts.exchange import Asked
from driftgate.contracts.output import place_of
from driftgate.contracts.verdict import Severity, Source, Violation

FIRST_CHARACTER = "first_character"
_KEPT = 2 * WINDOW  # characters behind the end that a repetition is looked for in
_STEP = 64  # characters between two looks
_SUSPECT = 192  # characters of a repetition that is looked at whole
_GROWN = 1.25  # the same repetition is looked at again once it has grown so much
_MARKERS = ("<|channel>thought", "<|channel|>analysis", "<unused", "<|turn>", "<|tool_response>")
_FINDS_JSON = frozenset({"strip_channel", "extract_json", "close_json"})  # behind other text too
_STARTS = {
    "object": "{",
    "array": "[",
    "string": '"',
    "boolean": "tf",
    "null": "n",
    "number": "-0123456789",
    "integer": "-0123456789",
}
_ANY_START = "".join(_STARTS.values())


class Channel:
    """One text that is written piece by piece, watched for a flood."""

    __slots__ = ("_kept", "_length", "_next", "_period", "_pieces", "_unseen", "path", "size")

    def __init__(self, path: str) -> None:
        self.path = path
        self.size = 0
        self._pieces: list[str] = []
        self._kept = ""
        self._period = 0  # 0: nothing repeats
        self._length = 0  # characters of the repetition
        self._next: float = _SUSPECT
        self._unseen = 0

    def text(self) -> str:
        """All of it so far."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def add(self, piece: str) -> bool:
        """Takes a piece; True where the end repeats so long that the whole is worth a look."""
        self.size += len(piece)
        self._pieces.append(piece)
        self._kept = (self._kept + piece)[-max(_KEPT, len(piece)) :]
        if self._period:
            self._follow(len(piece))
        else:
            self._unseen += len(piece)
            if self._unseen >= _STEP:
                self._look()
        if self._length < self._next:
            return False
        self._next = self._length * _GROWN
        return True

    def _follow(self, added: int) -> None:
        kept, period = self._kept, self._period
        start = len(kept) - added
        if start >= period and kept[start:] == kept[start - period : len(kept) - period]:
            self._length += added
        else:
            self._period = self._length = 0
            self._next = _SUSPECT
            self._look()

    def _look(self) -> None:
        self._unseen = 0
        tail = periodic_tail(self._kept)
        if tail is not None and tail.length >= tail.period + _STEP:
            self._period, self._length = tail.period, tail.length


class LiveJudge:
    """Judges one answer as it comes. Never raises.

    expects_json: the text must be JSON. Its first character tells only where the whole text must be,
    no tool could be called instead, and no repair finds JSON behind other text; a leaked marker ends
    the answer only where no repair strips it.
    """

    def __init__(self, asked: Asked, contract: Contract | None, *, expects_json: bool) -> None:
        self._asked = asked
        self._output = contract.output if contract else None
        self._text = Channel("text")
        self._reasoning = Channel("reasoning")
        self._arguments: Channel | None = None
        self._calls = 0
        steps = contract.repair.steps if contract else ()
        self._markers = () if "strip_channel" in steps else _MARKERS
        self._starts = _expected_starts(asked, contract) if expects_json else ""
        self._head: str | None = ""  # the text's beginning; None once it was judged
        self._found: Violation | None = None

    @property
    def found(self) -> Violation | None:
        """What was found; nothing else is looked for after it."""
        return self._found

    def feed(
        self,
        text: str = "",
        reasoning: str = "",
        arguments: str = "",
        tool_names: Sequence[str] = (),
    ) -> Violation | None:
        """Takes what one network read brought; the violation that ends the answer, or None.

        tool_names: tools whose calls have begun. arguments: a piece of the last begun call's.
        """
        if self._found is None:
            self._found = self._judge(text, reasoning, arguments, tool_names)
        return self._found

    def _judge(
        self, text: str, reasoning: str, arguments: str, tool_names: Sequence[str]
    ) -> Violation | None:
        for name in tool_names:
            found = self._begin_call(name)
            if found is not None:
                return found
        if text and self._head is not None:
            found = self._begin_text(text)
            if found is not None:
                return found
        pieces = ((self._text, text), (self._reasoning, reasoning), (self._arguments, arguments))
        for channel, piece in pieces:
            if piece and channel is not None and channel.add(piece):
                found = self._flood(channel)
                if found is not None:
                    return found
        return None

    def _flood(self, channel: Channel) -> Violation | None:
        flood = flood_of(channel.text(), ended=True)
        if flood is None:
            return None
        return self._certain(flood_violation(self._asked, flood, channel.path))

    def _certain(self, violation: Violation) -> Violation | None:
        ignored = self._output is not None and self._output.ignores(violation.keyword)
        return None if ignored or violation.severity is not Severity.ERROR else violation

    def _begin_call(self, name: str) -> Violation | None:
        self._arguments = Channel(f"tool_calls/{self._calls}/arguments")
        path = f"tool_calls/{self._calls}/name"
        self._calls += 1
        known = offered(self._asked.tools)
        if not name or not known.names or not known.readable:
            return None
        if known.key_of(name) is not None or known.key_of(name.rpartition(".")[2]) is not None:
            return None
        reason = f"the tool {name[:80]!r} was not offered"
        return self._certain(Violation(Source.REQUEST, "unknown_tool", path, reason))

    def _begin_text(self, piece: str) -> Violation | None:
        head = ((self._head or "") + piece[:256]).lstrip()
        self._head = head
        if not head:
            return None
        marker = next(filter(head.startswith, self._markers), None)
        if marker is not None:
            return self._certain(_leak(marker))
        if any(marker.startswith(head) for marker in self._markers):
            return None  # the rest of a marker may follow
        self._head = None
        if self._starts and head[0] not in self._starts:
            return self._certain(_not_json(head[0], self._starts))
        return None


def _expected_starts(asked: Asked, contract: Contract | None) -> str:
    """The characters that the text can begin with; empty where any can, or a repair may help."""
    if asked.parameters.tool_names:
        return ""
    schema = asked.parameters.response_schema
    if contract is not None:
        if _FINDS_JSON.intersection(contract.repair.steps):
            return ""
        if place_of(contract) not in ("whole", "none"):
            return ""
        schema = contract.output.schema_text or schema
    return _starts(schema)


def _leak(marker: str) -> Violation:
    reason = f"the text begins with {marker}"
    keyword = "leaked_channel" if "channel" in marker else "control_tokens"
    if marker == "<unused":
        keyword = "unused_tokens"
    return Violation(Source.MODEL, keyword, "text", reason)


def _not_json(character: str, starts: str) -> Violation:
    reason = f"JSON was asked for, and the text begins with {character!r}, not with one of {starts}"
    return Violation(Source.REQUEST, FIRST_CHARACTER, "text", reason)


def _starts(schema: str | None) -> str:
    """With which characters JSON of this schema can begin; all of JSON's where it does not say."""
    try:
        value: Any = json.loads(schema) if schema else None
    except (ValueError, RecursionError):
        return _ANY_START
    kinds = value.get("type") if isinstance(value, dict) else None
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        return _ANY_START
    return "".join(_STARTS.get(kind, _ANY_START) for kind in kinds) or _ANY_START

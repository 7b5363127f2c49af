"""The chunks of Chat Completions and Completions, and the lines of Ollama, to pieces."""

from typing import Any

from driftgate.proxy.dialects.content import content_text
from driftgate.proxy.dialects.lenient import filled, listing, mapping, string, written
from driftgate.proxy.dialects.stream_piece import NOTHING, Piece

_REASONING = ("reasoning_content", "reasoning", "thinking")


class ChatPieces:
    """Takes one stream's chunks, in order. With n > 1 the first choice is the answer.

    A name may come in parts, so it is given once the call's arguments, or another call, begin.
    """

    def __init__(self) -> None:
        self._index: Any = None
        self._call_id: str | None = None
        self._name = ""  # of the call under way
        self._given = True

    def take(self, chunk: Any) -> Piece:
        """What one chunk's JSON adds."""
        for choice in map(mapping, listing(mapping(chunk).get("choices"))):
            if choice and not choice.get("index"):
                return self._choice(choice)
        return NOTHING

    def end(self) -> Piece:
        """The name of a call without arguments, when the stream has ended."""
        return Piece(tool_names=self._give())

    def _choice(self, choice: dict[str, Any]) -> Piece:
        message = choice.get("delta") or choice.get("message")
        if not isinstance(message, dict):
            return Piece(string(choice.get("text")) or "")
        text = content_text(message.get("content")) + (string(message.get("refusal")) or "")
        thoughts = (string(message.get(key)) for key in _REASONING)
        names: tuple[str, ...] = ()
        arguments = ""
        for place, piece in enumerate(listing(message.get("tool_calls"))):
            where = {"index": place} if "message" in choice else {}
            named, given = self._call({**mapping(piece), **where})
            names, arguments = names + named, arguments + given
        return Piece(text, next(filter(None, thoughts), ""), arguments, names)

    def _call(self, piece: dict[str, Any]) -> tuple[tuple[str, ...], str]:
        function, custom = mapping(piece.get("function")), piece.get("custom")
        if isinstance(custom, dict):
            function = {"name": custom.get("name"), "arguments": custom.get("input")}
        name, arguments = string(function.get("name")) or "", written(function.get("arguments"))
        names: tuple[str, ...] = ()
        if self._is_other(piece, name):
            names = self._give()
            self._index, self._call_id = piece.get("index"), filled(piece.get("id"))
            self._name, self._given = "", False
        if name != self._name:
            self._name += name
        return (names + self._give() if arguments else names), arguments

    def _is_other(self, piece: dict[str, Any], name: str) -> bool:
        if piece.get("index") != self._index:
            return True
        call_id = filled(piece.get("id"))
        return bool(name) and (call_id != self._call_id if call_id else self._index is None)

    def _give(self) -> tuple[str, ...]:
        if self._given or not self._name:
            return ()
        self._given = True
        return (self._name,)


class OllamaPieces:
    """Takes one answer's objects, in order; tool calls come whole."""

    def take(self, value: Any) -> Piece:
        """What one object adds."""
        value = mapping(value)
        message = mapping(value.get("message"))
        calls = [mapping(mapping(c).get("function")) for c in listing(message.get("tool_calls"))]
        names = (string(call.get("name")) for call in calls)
        return Piece(
            _texts(message.get("content"), value.get("response")),
            _texts(message.get("thinking"), value.get("thinking")),
            "".join([written(call.get("arguments")) for call in calls]),
            tuple(name for name in names if name),
        )

    def end(self) -> Piece:
        """What the stream's end adds: nothing in this dialect."""
        return NOTHING


def _texts(*values: Any) -> str:
    return "".join([string(value) or "" for value in values])

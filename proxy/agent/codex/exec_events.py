"""What `codex exec --json` says, as steps. Pure.

Its lines tell the same story as the app server's notifications, in other words and with less of it: no
pieces of texts, no single model calls (the turn's tokens are told once, and count as one call here).
They are put into the app server's words and read like those.
"""

import re
from typing import Any

from driftgate.proxy.agent.steps import Step, TurnError
from driftgate.proxy.agent.turns.events import Events
from driftgate.proxy.dialects.lenient import filled, listing, mapping, parse

Json = dict[str, Any]

_ITEMS = {"item.started": "item/started", "item.completed": "item/completed"}
_STATUSES = {"in_progress": "inProgress"}
_COUNTS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens")
_UNDERSCORE = re.compile(r"_([a-z])")


class ExecEvents:
    """What happens in one run of `codex exec`. cwd: the turn's directory."""

    def __init__(self, cwd: str = "") -> None:
        self._events = Events(cwd=cwd)

    @property
    def ended(self) -> bool:
        """Whether the last step was made."""
        return self._events.ended

    def feed(self, line: bytes) -> list[Step]:
        """The steps of one line; none for most, and for what is none."""
        told = mapping(parse(line))
        kind = str(told.get("type"))
        if kind in _ITEMS:
            return self._item(_ITEMS[kind], mapping(told.get("item")))
        if kind == "error":
            error = {"message": _message(told)}
            return self._say("error", {"error": error, "willRetry": True})
        if kind == "turn.completed":
            usage = mapping(told.get("usage"))
            counts = {_camel(name): usage.get(name) for name in _COUNTS}
            steps = self._say("rawResponse/completed", {"usage": counts})
            return steps + self._say("turn/completed", {"turn": {"status": "completed"}})
        if kind == "turn.failed":
            error = {"message": _message(mapping(told.get("error")))}
            return self._say("turn/completed", {"turn": {"status": "failed", "error": error}})
        return []

    def finish(self, error: TurnError) -> list[Step]:
        """The last steps of a run that driftgate has ended, or that is gone without its last line."""
        return self._events.finish("failed", error)

    def _item(self, method: str, item: Json) -> list[Step]:
        if item.get("type") == "error":
            return self._say("warning", {"message": _message(item)})
        return self._say(method, {"item": _as_told(item)})

    def _say(self, method: str, params: Json) -> list[Step]:
        return self._events.feed({"method": method, "params": params})


def _as_told(item: Json) -> Json:
    """The item in the app server's words; what is not known here keeps its own, in camel case."""
    kind, status = str(item.get("type")), item.get("status")
    told = {_camel(key): value for key, value in item.items()}
    told["type"] = _camel(kind)
    if isinstance(status, str):
        told["status"] = _STATUSES.get(status, status)
    if kind == "reasoning":
        told["summary"] = [text] if (text := filled(item.get("text"))) else []
    if kind == "file_change":
        told["changes"] = [_change(mapping(each)) for each in listing(item.get("changes"))]
    return told


def _change(change: Json) -> Json:
    return {"path": change.get("path"), "kind": {"type": change.get("kind")}, "diff": ""}


def _camel(name: str) -> str:
    return _UNDERSCORE.sub(lambda found: found[1].upper(), name)


def _message(told: Json) -> str:
    return filled(told.get("message")) or "an error"

"""Repairs `tool_id` and `collapse_calls`: tool calls without an id, and the same one many times."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from driftgate.contracts.exchange import ToolCall
from driftgate.contracts.repair.made import Made, call_id
from driftgate.contracts.repair.strict import SIZE_LIMIT, loads

REPEATED = 3  # the same call so often in one answer is a loop; twice may be meant (two dice)


@dataclass(frozen=True, slots=True)
class _Same:
    """What makes two calls the same."""

    namespace: str | None
    name: str
    arguments: str


def with_ids(calls: Sequence[ToolCall]) -> tuple[ToolCall, ...] | None:
    """The calls, each with an id of its own; None: they have. The first to have one keeps it."""
    seen: set[str] = set()
    made: list[ToolCall] = []
    for position, call in enumerate(calls):
        fresh = bool(call.call_id) and call.call_id not in seen
        made.append(call if fresh else _with_id(call, position))
        seen.add(made[-1].call_id or "")
    return tuple(made) if made != list(calls) else None


def _with_id(call: ToolCall, position: int) -> Made:
    new = call_id(call.name, call.arguments, position)
    return Made(call.name, call.arguments, new, call.namespace)


def collapsed(calls: Sequence[ToolCall]) -> tuple[ToolCall, ...] | None:
    """The calls without those that say the same; None: none is there REPEATED times."""
    same = [_Same(call.namespace, call.name, _canonical(call.arguments)) for call in calls]
    counts = Counter(same)
    if not same or counts.most_common(1)[0][1] < REPEATED:
        return None
    seen: set[_Same] = set()
    kept = []
    for call, key in zip(calls, same, strict=True):
        if key not in seen or counts[key] < REPEATED:
            kept.append(call)
        seen.add(key)
    return tuple(kept)


def _canonical(arguments: str) -> str:
    try:
        value = loads(arguments) if len(arguments) <= SIZE_LIMIT else None
        return arguments if value is None else json.dumps(value, sort_keys=True)
    except (ValueError, RecursionError):
        return arguments

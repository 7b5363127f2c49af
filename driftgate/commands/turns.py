"""What agents did for a call, as `show --json` gives it."""

from driftgate.proxy.dialects.lenient import parse
from driftgate.proxy.history.agent_turns import Row, Turn

_OF_THE_CALL = ("call_id", "attempt", "run_id", "arm", "data")


def as_object(turn: Turn) -> Row:
    """A turn as `show --json` gives it."""
    row = turn.row or {}
    return {
        "attempt": row.get("attempt"),
        **{name: value for name, value in row.items() if name not in _OF_THE_CALL},
        "calls": turn.calls,
        "items": [_item(item) for item in turn.items],
        "untold": turn.untold,
    }


def _item(item: Row) -> Row:
    told = {name: value for name, value in item.items() if name not in _OF_THE_CALL}
    return {**told, "data": parse(item["data"].encode()) if item["data"] else None}

"""What agents did in their turns, as `execute_tool` spans below the attempt that asked for the turn.

Rows of a turn come from the agents' host, its call from a worker: what comes first waits for the other,
within bounds. The model calls of a turn are calls of their own, and stand below the same span, since
the host hands its traceparent on.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from driftgate.proxy.agent.item_rows import IN_PROGRESS
from driftgate.proxy.agent.steps import Kind as Done
from driftgate.proxy.history.replay_rows import Given
from driftgate.proxy.telemetry.context import Context, item_span_id, span_id
from driftgate.proxy.telemetry.span import Kind, Span, filled

WAITING = 10_000  # items whose call has not come
CALLS = 1_000  # calls whose items may still come
_TOOLS = {Done.COMMAND: "shell", Done.FILE_CHANGE: "apply_patch"}
_FAILED = frozenset({"failed", "declined"})

_Item = dict[str, Any]
_Key = tuple[str, int, int]  # the call (hex digits), its attempt, the item's position


class Turns:
    """Items and calls that wait for each other. content: whether what was done may be told."""

    def __init__(self, *, content: bool) -> None:
        self._content = content
        self._begun: OrderedDict[_Key, str] = OrderedDict()
        self._done: OrderedDict[_Key, _Item] = OrderedDict()
        self._known: OrderedDict[str, Context] = OrderedDict()

    def rows(self, given: Sequence[Given]) -> None:
        """Takes the rows of a batch."""
        for table, row in given:
            if table == "agent_item_rows" and row.get("kind") in _TOOLS:
                self._item(row)

    def call(self, call_id: str, context: Context) -> None:
        """A call has come that may have been an agent's. call_id: hex digits."""
        _put(self._known, call_id, context, CALLS)

    def spans(self) -> list[Span]:
        """Those of items that are done and whose calls have come."""
        ready = [key for key in self._done if key[0] in self._known]
        return [span for key in ready for span in self._span(key, self._done.pop(key))]

    def _item(self, row: _Item) -> None:
        try:
            key = (UUID(row["call_id"]).hex, int(row["attempt"]), int(row["position"]))
        except (KeyError, TypeError, ValueError):
            return
        if row.get("status") == IN_PROGRESS:
            _put(self._begun, key, str(row.get("happened_at")), WAITING)
        else:
            _put(self._done, key, row, WAITING)

    def _span(self, key: _Key, row: _Item) -> Iterator[Span]:
        call_id, attempt, position = bytes.fromhex(key[0]), key[1], key[2]
        context, end_ns = self._known[key[0]], _at(row.get("happened_at"))
        if end_ns is None or not context.sampled:
            return
        start_ns = _at(self._begun.pop(key, None))
        if start_ns is None:
            start_ns = end_ns - int(row.get("duration_ms") or 0) * 1_000_000
        tool, failed = _TOOLS[Done(row["kind"])], _failed(row)
        yield Span(
            name=f"execute_tool {tool}",
            kind=Kind.INTERNAL,
            trace_id=context.trace_id,
            span_id=item_span_id(call_id, attempt, position),
            parent_id=span_id(call_id, attempt),
            start_ns=min(start_ns, end_ns),
            end_ns=end_ns,
            attributes=filled(
                {
                    "gen_ai.operation.name": "execute_tool",
                    "gen_ai.tool.name": tool,
                    "gen_ai.tool.type": "extension",
                    "gen_ai.tool.call.id": row.get("item_id"),
                    "gen_ai.tool.call.arguments": row.get("title") if self._content else None,
                    "gen_ai.tool.call.result": row.get("text") if self._content else None,
                    "process.exit.code": row.get("exit_code"),
                    "driftgate.call.id": str(UUID(key[0])),
                    "error.type": failed,
                }
            ),
            error=None if failed is None else "",
        )


def _put(kept: "OrderedDict[Any, Any]", key: Any, value: Any, limit: int) -> None:
    kept[key] = value
    if len(kept) > limit:
        kept.popitem(last=False)


def _failed(row: _Item) -> str | None:
    """`error.type`: the exit code of a command, or the item's own word."""
    if row.get("exit_code"):
        return f"exit_{row['exit_code']}"
    return str(row["status"]) if row.get("status") in _FAILED else None


def _at(told: Any) -> int | None:
    """Nanoseconds since the Unix epoch; exact to the microsecond."""
    try:
        moment = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return None
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds) * 1000

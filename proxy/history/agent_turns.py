"""What agents did for a call, taken out of the history: turns, their model calls, their items."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

Row = dict[str, Any]

# The view all_agent_turns of one call, but for what is known of its model calls alone: the view adds
# these up for all calls of the history before it looks for one.
_TURNS = (
    "SELECT * FROM agent_starts LEFT JOIN (FROM agent_ends WHERE call_id = $1::UUID "
    "QUALIFY row_number() OVER (PARTITION BY attempt ORDER BY ended_at DESC) = 1) AS ends "
    "USING (call_id, attempt) WHERE call_id = $1::UUID ORDER BY attempt"
)
_TOKENS = ("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens")
_REFUSED = 400
_CALLS = (
    "SELECT call_id, started_at, thread_id, turn_id, request_kind, upstream, model, status, outcome, "
    "error, answer_error, verdict, attempts, tool_call_count, input_tokens, cached_tokens, output_tokens, "
    "reasoning_tokens, total_ms, (SELECT list(tool_call_id ORDER BY position) FROM all_tool_calls "
    "WHERE all_tool_calls.call_id = all_calls.call_id) AS tool_call_ids FROM all_calls "
    "WHERE parent_call_id = ?::UUID AND previous_response_id IS NULL ORDER BY started_at, call_id"
)
_TOOLS = (
    "SELECT call_id, name, namespace, arguments, tool_call_id FROM all_tool_calls "
    "WHERE call_id IN (SELECT call_id FROM all_calls WHERE parent_call_id = ?::UUID) "
    "ORDER BY call_id, position"
)
_ANY = (
    "SELECT EXISTS (FROM agent_starts WHERE call_id = ?::UUID) "
    "OR EXISTS (FROM all_calls WHERE parent_call_id = ?::UUID AND previous_response_id IS NULL)"
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of an agent; a call has one for each attempt.

    row: as in the view all_agent_turns; None: the calls name their parent, and no turn of it is known.
    calls: its model calls, rows of all_calls. items: rows of all_agent_items. Both in their order.
    untold: rows of all_tool_calls that no item is about. Codex tells no command that its sandbox
    stopped, and no call of a tool that is none.
    """

    row: Row | None
    calls: list[Row] = field(default_factory=list)
    items: list[Row] = field(default_factory=list)
    untold: list[Row] = field(default_factory=list)


def load(reader: "Reader", call_id: str) -> list[Turn]:
    """The turns that were run for the call with this full id, in the order of its attempts."""
    if not reader.ask(_ANY, [call_id, call_id]).rows[0][0]:
        return []
    found = reader.ask(_TURNS, [call_id])
    items = reader.ask(
        "FROM all_agent_items WHERE call_id = ?::UUID ORDER BY attempt, position", [call_id]
    )
    calls = reader.ask(_CALLS, [call_id])
    made = put_together(found.by_name(), calls.by_name(), items.by_name())
    for turn in made:
        add_up(turn)
    find_untold(made, reader.ask(_TOOLS, [call_id]).by_name())
    return made


def put_together(turns: list[Row], calls: list[Row], items: list[Row]) -> list[Turn]:
    """Each model call to the turn that ran when it began, each item to the turn it names. Pure."""
    made = [Turn(row) for row in turns]
    for call in calls:
        before = [
            turn for turn in made if turn.row and turn.row["started_at"] <= call["started_at"]
        ]
        if not before and (not made or made[0].row is not None):
            made.insert(0, Turn(None))
        (before[-1] if before else made[0]).calls.append(call)
    by_attempt = {turn.row["attempt"]: turn for turn in made if turn.row}
    for item in items:
        if item["attempt"] in by_attempt:
            by_attempt[item["attempt"]].items.append(item)
    return made


def add_up(turn: Turn) -> None:
    """Fills in of the turn's row what only its model calls tell, as where it was killed. Pure."""
    if turn.row is None or not turn.calls:
        return
    told: Row = {
        name: max((call[name] for call in turn.calls if call[name] is not None), default=None)
        for name in ("thread_id", "turn_id")
    }
    told["model_calls"] = sum((call["status"] or _REFUSED) < _REFUSED for call in turn.calls)
    for name in _TOKENS:
        counts = [call[name] for call in turn.calls if call[name] is not None]
        told[name] = sum(counts) if counts else None
    turn.row.update({name: value for name, value in told.items() if turn.row[name] is None})


def find_untold(turns: list[Turn], tools: list[Row]) -> None:
    """To each turn the tool calls of its model that no item is about.

    Not of a `codex exec`, whose items do not say which tool call they are of.
    """
    for turn in turns:
        if turn.row is None or turn.row["isolation"] != "pool":
            continue
        of = {call["call_id"] for call in turn.calls}
        told = {(item["item_id"] or "").partition("#")[0] for item in turn.items}
        turn.untold.extend(
            tool for tool in tools if tool["call_id"] in of and tool["tool_call_id"] not in told
        )


def placed(turn: Turn) -> tuple[list[Row], list[list[Row]]]:
    """A turn's items before its first model call, and those of each. Pure.

    These are what it asked for, since Codex may tell of a command when the next call is under way;
    and what came until the next one began.
    """
    before: list[Row] = []
    below: list[list[Row]] = [[] for _ in turn.calls]
    asked: dict[str, int] = {}
    for number, call in enumerate(turn.calls):
        for tool_call in call["tool_call_ids"] or ():
            asked.setdefault(tool_call, number)
    at = -1
    for item in turn.items:
        if (by := asked.get(item["item_id"])) is not None:
            below[by].append(item)
            at = max(at, by)
            continue
        while at + 1 < len(below) and turn.calls[at + 1]["started_at"] <= item["happened_at"]:
            at += 1
        (before if at < 0 else below[at]).append(item)
    for call, items in zip(turn.calls, below, strict=True):
        items[:0] = [_untold(tool) for tool in turn.untold if tool["call_id"] == call["call_id"]]
    return before, below


def _untold(tool: Row) -> Row:
    """A tool call as an item: what the model asked for is all that is known."""
    title = f"{tool['name']} {tool['arguments'] or ''}"
    nothing = dict.fromkeys(("text", "exit_code", "duration_ms", "paths", "changes"))
    return {**nothing, "kind": "tool", "title": title, "status": "Codex tells nothing of it"}

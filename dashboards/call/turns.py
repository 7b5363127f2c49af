"""What an agent did for a call: its model calls and its steps, in the order of their times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driftgate.dashboards.call.texts import Budget, Text
from driftgate.proxy.history.agent_turns import Row, Turn

STEPS = 500  # of a turn, that are shown
_TEXT = 4_000


@dataclass(frozen=True, slots=True)
class Step:
    """A model call or an item. call: the model call's id. at_ms: from the turn's beginning."""

    at_ms: float | None
    what: str
    title: str
    state: str
    took_ms: float | None
    text: Text | None = None
    call: str | None = None
    bad: bool = False


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A turn. row: of all_agent_turns; None: it is not known. more: steps that are not shown."""

    row: Mapping[str, Any] | None
    steps: tuple[Step, ...]
    more: int


def turns(found: Sequence[Turn], budget: Budget) -> list[ShownTurn]:
    """Those of a call."""
    return [_turn(each, budget) for each in found]


def _turn(turn: Turn, budget: Budget) -> ShownTurn:
    begin = turn.row["started_at"] if turn.row else None
    rows = [(each["started_at"], True, each) for each in turn.calls]
    rows += [(each["happened_at"], False, each) for each in turn.items]
    rows.sort(key=lambda each: each[0])
    steps = [
        (_call if is_call else _item)(row, _since(begin, at), budget)
        for at, is_call, row in rows[:STEPS]
    ]
    return ShownTurn(turn.row, tuple(steps), max(len(rows) - STEPS, 0))


def _since(begin: Any, at: Any) -> float | None:
    return None if begin is None else float((at - begin).total_seconds() * 1000)


def _call(row: Row, at_ms: float | None, budget: Budget) -> Step:
    del budget
    problem = row["error"] or row["answer_error"] or ""
    made = row["output_tokens"]
    tokens = f"{made:,} token{'' if made == 1 else 's'}" if made else ""
    told = ", ".join(part for part in (row["verdict"] or "", tokens) if part)
    title = f"{row['model']} at {row['upstream']}"
    state = str(row["status"] if row["outcome"] == "completed" else row["outcome"])
    return Step(
        at_ms,
        "model call",
        f"{title}: {problem}" if problem else title,
        f"{state} {told}".strip(),
        row["total_ms"],
        call=str(row["call_id"]),
        bad=bool(problem) or row["verdict"] == "fail",
    )


def _item(row: Row, at_ms: float | None, budget: Budget) -> Step:
    text = (row["text"] or "").rstrip()
    ended = "" if row["exit_code"] is None else f"exit {row['exit_code']}"
    state = "" if row["status"] == "completed" else row["status"] or ""
    return Step(
        at_ms,
        row["kind"] or "",
        row["title"] or "",
        " ".join(part for part in (state, ended) if part),
        row["duration_ms"],
        budget.take(text, _TEXT) if text and text != row["title"] else None,
        bad=bool(row["exit_code"]) or state in {"failed", "declined"},
    )

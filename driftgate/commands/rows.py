"""Recorded calls as `calls` and `tail` show them: one object a call, one line a call."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from driftgate.commands.table import render
from driftgate.commands.when import local
from driftgate.proxy.harmless import one_line
from driftgate.proxy.units import iso, span

COLUMNS = (
    "call_id",
    "started_at",
    "ended_at",
    "model",
    "session_id",
    "status",
    "outcome",
    "error",
    "upstream",
    "method",
    "path",
    "dialect",
    "input_text",
    "output_text",
    "answer_error",
    "tool_call_count",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "first_token_ms",
    "total_ms",
    "retry_number",
    "parent_call_id",
    "previous_response_id",
    "attempts",
    "contract",
    "verdict",
    "violations",
    "repairs",
    "fallback",
)
SELECT = f"SELECT {', '.join(COLUMNS)} FROM calls"  # noqa: S608 - fixed names
ID_LENGTH = 36
NARROW = 100  # cells; below it the date and the tokens are left out
SHORT_ID = 13  # characters of a UUIDv7 that hold its time: unique to the millisecond
_TEXT = 160  # characters of input and output worth carrying into a table


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table; left out where the terminal is not in its range of widths."""

    head: str
    cell: Callable[[dict[str, Any]], str]
    right: bool = False
    least_room: int = 0
    most_room: int = sys.maxsize
    width: int = 0  # in `tail`, where the rows to come are unknown; 0 shares what is left
    narrow: bool = False  # may be cut to fit


def as_dict(row: Sequence[Any]) -> dict[str, Any]:
    """A row of SELECT, by column name."""
    return dict(zip(COLUMNS, row, strict=True))


def as_object(call: dict[str, Any]) -> dict[str, Any]:
    """A call as `--json` gives it."""
    return {
        "id": str(call["call_id"]),
        "started_at": iso(call["started_at"]),
        "ended_at": iso(call["ended_at"]),
        "model": call["model"],
        "session": call["session_id"],
        "status": call["status"],
        "outcome": call["outcome"],
        "error": call["error"] or call["answer_error"],
        "upstream": call["upstream"],
        "method": call["method"],
        "path": call["path"],
        "dialect": call["dialect"],
        "input": call["input_text"],
        "output": call["output_text"],
        "tool_calls": call["tool_call_count"],
        "tokens": {
            "input": call["input_tokens"],
            "output": call["output_tokens"],
            "cached": call["cached_tokens"],
            "reasoning": call["reasoning_tokens"],
        },
        "first_token_ms": call["first_token_ms"],
        "total_ms": call["total_ms"],
        "contract": call["contract"],
        "verdict": call["verdict"],
        "violations": call["violations"],
        "repairs": call["repairs"] or [],
        "fallback": call["fallback"],
        "attempts": call["attempts"],
        "retry_number": call["retry_number"],
        "parent": None if call["parent_call_id"] is None else str(call["parent_call_id"]),
        "inner": is_inner(call),
    }


def is_inner(call: dict[str, Any]) -> bool:
    """Whether it is a model call that an agent made for another call, its parent."""
    return call["parent_call_id"] is not None and call["previous_response_id"] is None


def _state(call: dict[str, Any]) -> str:
    return str(call["status"] if call["outcome"] == "completed" else call["outcome"])


def _short_state(call: dict[str, Any]) -> str:
    broken = "" if call["outcome"] == "completed" else "!"
    return f"{'-' if call['status'] is None else call['status']}{broken}"


def verdict(call: dict[str, Any]) -> str:
    """`pass` or `fail`; a dash where nothing was judged."""
    return call["verdict"] if call["verdict"] in {"pass", "fail"} else "-"


def _model(call: dict[str, Any]) -> str:
    return ("↳ " if is_inner(call) else "") + one_line(call["model"] or "-")


def _count(tokens: int | None) -> str:
    return "" if tokens is None else str(tokens)


def _input(call: dict[str, Any]) -> str:
    if call["input_text"]:
        return one_line(call["input_text"][:_TEXT])
    return one_line(f"{call['method']} {call['path']}")


def _output(call: dict[str, Any]) -> str:
    if call["fallback"]:
        return one_line(f"! answered by {call['fallback']}: {(call['output_text'] or '')[:_TEXT]}")
    problem = call["error"] or call["answer_error"]
    if problem:
        return one_line(f"! {problem[:_TEXT]}")
    if call["output_text"]:
        return one_line(call["output_text"][:_TEXT])
    number = call["tool_call_count"] or 0
    return f"({number} tool call{'' if number == 1 else 's'})" if number else ""


TABLE = (
    Column("time", lambda call: local(call["started_at"])[5:], width=14, least_room=NARROW),
    Column("time", lambda call: local(call["started_at"])[11:], width=8, most_room=NARROW - 1),
    Column("id", lambda call: str(call["call_id"])[:SHORT_ID], width=SHORT_ID),
    Column("model", _model, width=14, narrow=True),
    Column(
        "session",
        lambda call: one_line((call["session_id"] or "-")[:SHORT_ID]),
        least_room=140,
        width=SHORT_ID,
    ),
    Column("status", _short_state, width=6, most_room=NARROW - 1),
    Column("status", _state, width=16, least_room=NARROW),
    Column("judged", verdict, width=6),
    Column("in", lambda call: _count(call["input_tokens"]), right=True, least_room=NARROW, width=6),
    Column(
        "out", lambda call: _count(call["output_tokens"]), right=True, least_room=NARROW, width=5
    ),
    Column(
        "1st tok", lambda call: span(call["first_token_ms"]), right=True, least_room=120, width=7
    ),
    Column("total", lambda call: span(call["total_ms"]), right=True, width=6),
    Column("input", _input, narrow=True),
    Column("output", _output, narrow=True),
)


def columns(room: int | None) -> tuple[Column, ...]:
    """The columns that fit a terminal `room` cells wide; all of them when it is None."""
    cells = sys.maxsize if room is None else room
    return tuple(each for each in TABLE if each.least_room <= cells <= each.most_room)


def short_ids(calls: Sequence[dict[str, Any]]) -> int:
    """How many characters of an id tell these calls apart, at least SHORT_ID."""
    ids = {str(call["call_id"]) for call in calls}
    length = SHORT_ID
    while length < ID_LENGTH and len({each[:length] for each in ids}) < len(ids):
        length += 1
    return length


def table(calls: Sequence[dict[str, Any]], room: int | None, *, bold: bool) -> list[str]:
    """The lines of a table of calls."""
    chosen = columns(room)
    length = short_ids(calls)
    cells = [
        [str(call["call_id"])[:length] if each.head == "id" else each.cell(call) for each in chosen]
        for call in calls
    ]
    heads = [each.head for each in chosen]
    return render(
        heads,
        cells,
        right=[each.right for each in chosen],
        narrow=[each.narrow for each in chosen],
        room=room,
        bold=bold,
    )

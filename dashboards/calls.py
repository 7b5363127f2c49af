"""Rows of calls for the pages that list them: asked of the history, and as a person reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from driftgate.dashboards.choice import Choice
from driftgate.dashboards.statements import ask_one, load

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

NEWEST = "started_at DESC, call_id DESC"
OLDEST = "started_at, call_id"
RECORDED = "rowid DESC"  # the order in which they came into the history
SEARCHED = 200_000  # newest calls that a costly filter looks through, unless all are asked for
TYPED_S = 5.0  # seconds for a page whose filter people wrote in SQL
LATELY = timedelta(minutes=5)
UNKNOWN: dict[str, list[str]] = {"model": [], "upstream": [], "contract": []}  # see known()
CUT = 240  # characters of a text in queries/calls.sql
_BAD_STATUS = 400


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a list. place: an SQL condition of ours with its values. order: one of the above."""

    count: int
    place: str = "true"
    values: Mapping[str, Any] | None = None
    order: str = NEWEST
    floor: int = -1  # rowid behind which is looked


def listed(
    reader: "Reader", choice: Choice, span: Span, timeout_s: float | None = None
) -> list[dict[str, Any]]:
    """Rows of the chosen calls, by column name."""
    condition, values = choice.named(datetime.now(UTC))
    sql = load("calls")["listed"].sql.format(
        place=span.place, order=span.order, chosen=condition
    )  # the condition's values are parameters, or SQL that `check` has tried
    given = {**values, **(span.values or {}), "floor": span.floor, "count": span.count}
    return reader.ask(sql, given, timeout_s=timeout_s or TYPED_S * 4).by_name()


def newest(reader: "Reader") -> int:
    """The rowid of the call that was recorded last; -1: there is none."""
    found = ask_one(reader, load("calls")["newest"])
    return int(found["rowid"]) if found else -1


def floor(choice: Choice, last: int, *, everything: bool) -> int:
    """The rowid behind which is searched."""
    return last - SEARCHED if choice.costly and not everything and last >= SEARCHED else -1


def lately(
    reader: "Reader", choice: Choice, last: int, timeout_s: float | None = None
) -> dict[str, Any]:
    """What the last minutes brought, in numbers."""
    now = datetime.now(UTC)
    condition, values = choice.named(now)
    sql = load("calls")["lately"].sql.format(chosen=condition)
    given = {
        **values,
        "since": (now - LATELY).replace(tzinfo=None),
        "floor": floor(choice, last, everything=False),
    }
    (found,) = reader.ask(sql, given, timeout_s=timeout_s or TYPED_S).by_name()
    minutes = LATELY.total_seconds() / 60
    return found | {"per_minute": found["calls"] / minutes}


def known(reader: "Reader") -> dict[str, list[str]]:
    """Names that stand in the history, for people to choose from: model, upstream, contract."""
    found = reader.ask(load("calls")["known"].sql).by_name()
    return {
        name: sorted({str(row[name])[:200] for row in found if row[name]})[:200] for name in UNKNOWN
    }


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the template takes it. Texts are still as strangers wrote them."""
    return {
        "id": str(row["call_id"]),
        "at": row["started_at"],
        "model": row["model"],
        "inner": row["parent_call_id"] is not None and not row["continued"],
        "who": row["session_id"] or row["originator"] or row["user_agent"] or row["client"],
        "client": row["client"],
        "session": _whole(row["session_id"]),
        "agent": row["originator"] or row["user_agent"],
        "state": _state(row),
        "verdict": row["verdict"],
        "contract": row["contract"],
        "violations": row["violations"],
        "tries": tries(row),
        "first_token_ms": row["first_token_ms"],
        "total_ms": row["total_ms"],
        "input_tokens": row["input_tokens"],
        "output_tokens": row["output_tokens"],
        "tokens_per_second": row["tokens_per_second"],
        "question": row["input_text"] or f"{row['method']} {row['path']}",
        "problem": row["error"] or row["answer_error"],
        "answer": row["output_text"],
        "tools": row["tool_call_count"] or 0,
    }


def _whole(name: str | None) -> str:
    """A name that can stand in a link; empty: none, or one that was cut."""
    return name if name and len(name) < CUT else ""


def _state(row: Mapping[str, Any]) -> tuple[str, str]:
    """What became of it, and whether that is good or bad."""
    status, outcome = row["status"], row["outcome"]
    if outcome != "completed":
        return str(outcome).replace("_", " "), "bad" if outcome != "client_gone" else "warn"
    if status is None:
        return "completed", "good"
    return str(status), "bad" if status >= _BAD_STATUS else "good"


def tries(row: Mapping[str, Any]) -> list[str]:
    """What it took beside one plain attempt, in words."""
    words: list[str] = []
    if row["attempts"] and row["attempts"] > 1:
        words.append(f"{row['attempts']} attempts")
    if row["repairs"]:
        words.append("repaired" if row["repairs"] == 1 else f"{row['repairs']} repairs")
    if row["fallback"]:
        words.append(f"by {row['fallback']}")
    if row["retry_number"]:
        words.append(f"client's retry {row['retry_number']}")
    return words


def views(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows as the template takes them."""
    return [shown(row) for row in rows]

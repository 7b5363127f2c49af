"""The list of runs: each in a line, as a person reads it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftgate.dashboards.drift.progress import Share
from driftgate.dashboards.drift.state import UNDECIDED, VERDICTS, State, state
from driftgate.dashboards.statements import ask, load
from driftgate.dashboards.views.numbered import page_number
from driftgate.proxy.errors import UsageError
from driftgate.replay.report.origin import arm_name, named
from driftgate.replay.report.words import rest_of
from driftgate.replay.results import SHADOW, arms_of

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

COUNT = 50  # runs a page
_TEXT = 200  # characters of what is looked for
_S = load("drift")
KINDS = {
    "gate": "gate",
    "trajectories": "gate over trajectories",
    "shadow": "shadow traffic",
    "watch": "watch",
    "reference": "watch, reference",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the list is wanted: empty filters choose all. page: from 1."""

    kind: str = ""
    verdict: str = ""
    text: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """What an address asks for, as all pages take it: empty parameters ask for nothing.

        Raises:
            UsageError: there is no such verdict, or no such page.
        """
        verdict, known = query.get("verdict", ""), (*VERDICTS, UNDECIDED)
        if verdict and verdict not in known:
            raise UsageError(f"verdict '{verdict}' is none; one of: {', '.join(known)}")
        return cls(
            query.get("kind", "")[:_TEXT],
            verdict,
            query.get("q", "").strip()[:_TEXT],
            page_number(query.get("page")),
        )

    @property
    def filtered(self) -> bool:
        """Whether anything is left out."""
        return bool(self.kind or self.verdict or self.text)


@dataclass(frozen=True, slots=True)
class Line:
    """A run. took_ms: from its beginning to its decision. done: how far it is, if it is not decided."""

    id: str
    at: datetime
    kind: str
    name: str
    candidate: str
    baseline: str
    answers: str
    sentence: str
    state: State
    took_ms: float | None
    done: Share | None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the list. kinds: (kind, its name for people). more: whether a page follows."""

    lines: Sequence[Line]
    kinds: Sequence[tuple[str, str]]
    more: bool


def found(reader: "Reader", wanted: Wanted, history: Path) -> Found:
    """That page."""
    rows = ask(
        reader,
        _S["runs"],
        kind=wanted.kind,
        verdict=wanted.verdict,
        text=wanted.text,
        count=COUNT + 1,
        offset=(wanted.page - 1) * COUNT,
    )
    shown = rows[:COUNT]
    states = {
        row["run_id"]: state(history, row["run_id"], row["kind"] or "", row["verdict"])
        for row in shown
    }
    open_ = [run_id for run_id, each in states.items() if each.open]
    answered = (
        {row["run_id"]: row["answers"] for row in ask(reader, _S["answered"], runs=open_)}
        if open_
        else {}
    )
    kinds = [row["kind"] for row in ask(reader, _S["kinds"])]
    return Found(
        [line(row, states[row["run_id"]], answered.get(row["run_id"], 0)) for row in shown],
        [(kind, KINDS.get(kind, kind)) for kind in kinds],
        len(rows) > COUNT,
    )


def line(row: Mapping[str, Any], where: State, answered: int) -> Line:
    """A row of the statement `runs`."""
    kind, cases, k = row["kind"] or "", row["cases"] or 0, row["k"] or 1
    baseline, candidate = table(row["baseline"]), table(row["candidate"])
    finished, verdict = row["finished_at"], row["verdict"]
    took = (finished - row["started_at"]).total_seconds() * 1000 if finished else None
    return Line(
        row["run_id"],
        row["started_at"],
        KINDS.get(kind, kind),
        row["name"] or row["selection"] or "",
        arm_name(candidate),
        arm_name(baseline) if named(baseline) else "as recorded",
        f"{cases:,}" if kind == SHADOW or k == 1 else f"{cases:,} x {k}",
        rest_of(row["sentence"] or "", verdict or ""),
        where,
        None if where.open else took,
        Share(answered, cases * k * len(arms_of(kind))) if where.open else None,
    )


def table(text: str | None) -> dict[str, Any]:
    """A configuration as the history has it; what cannot be read says nothing."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def now() -> datetime:
    """UTC, as the history writes it."""
    return datetime.now(UTC).replace(tzinfo=None)

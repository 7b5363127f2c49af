"""A run, and what it decided, as rows for the history's tables. Pure."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from driftgate.replay.decide.decision import Decision
from driftgate.replay.run.kept import Run

Row = dict[str, Any]
_TABLES = ("baseline", "candidate", "baseline_fingerprint", "candidate_fingerprint", "policy")
_FINDING = (
    *("metric", "slice", "unit", "n", "sessions", "baseline", "candidate", "effect", "low", "high"),
    *("margin", "p", "p_adjusted", "needed", "reason"),
)


def run_row(run: Run) -> Row:
    """A row of `runs`."""
    row = asdict(run)
    row["started_at"] = run.started_at.isoformat()
    for name in _TABLES:
        row[name] = _text(row[name])
    return row


def decided_rows(run_id: str, decision: Decision, at: datetime) -> Iterator[tuple[str, list[Row]]]:
    """Rows of `run_results` and `findings`, by table."""
    key = {"run_id": run_id, "finished_at": at.isoformat()}
    told = {
        "verdict": decision.verdict.value,
        "sentence": decision.sentence,
        "decision": _text(decision.as_json()),
    }
    yield "run_results", [{**key, **told}]
    found = [*decision.findings, *decision.slices]
    yield (
        "findings",
        [
            {**key, **{name: getattr(each, name) for name in _FINDING}, "status": each.status.value}
            for each in found
        ],
    )


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)

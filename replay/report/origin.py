"""Where a report comes from: its run, and what it takes to have it again."""

import json
from collections.abc import Mapping
from typing import Any

from driftgate.replay.decide.decision import Decision
from driftgate.replay.report.plain import one_line
from driftgate.replay.report.words import nouns
from driftgate.replay.run.kept import Run

_LINE = 1_000  # characters
_NAME = 120


def named(configuration: Mapping[str, Any]) -> bool:
    """Whether it says which model or where; otherwise it is as it was recorded."""
    return bool(configuration.get("model") or configuration.get("upstream"))


def arm_name(configuration: Mapping[str, Any]) -> str:
    """Which model where, as short as it is told; of a configuration that changes nothing: as recorded."""
    model, upstream = configuration.get("model"), configuration.get("upstream")
    told = [str(model)] if model else []
    told += [f"at {upstream}" if told else str(upstream)] if upstream else []
    return one_line(" ".join(told) or "as recorded", _NAME)


def head(run: Run, decision: Decision) -> list[tuple[str, str]]:
    """(label, text) of what was compared."""
    sessions = max((each.sessions for each in decision.findings), default=0)
    of = f" of {sessions:,} session{'' if sessions == 1 else 's'}" if sessions else ""
    told = nouns(run.kind)
    return [
        *([("measured", told.measured)] if told.measured else []),
        ("candidate", arm_name(run.candidate)),
        ("baseline", arm_name(run.baseline)),
        (
            "cases",
            f"{decision.health.cases:,} {told.cases}{of}, {run.k} {told.answers} of each arm",
        ),
        ("selection", one_line(" ".join(filter(None, (run.name, run.selection))), _LINE) or "-"),
        ("run", f"{one_line(run.run_id, _NAME)}, {run.started_at:%Y-%m-%d %H:%M} UTC"),
    ]


def reproduce(run: Run, decision: Decision) -> list[tuple[str, str]]:
    """(label, text) of what the same run needs: seed, selection, hashes, versions."""
    known = [
        ("run", run.run_id),
        ("kind", run.kind),
        ("driftgate", run.version),
        ("selection id", run.selection_id or ""),
        ("golden set", run.name or ""),
        ("chosen by", run.selection),
        ("cases", str(run.cases)),
        (f"{nouns(run.kind).answers} of each arm", str(run.k)),
        ("seed", str(run.seed)),
        ("baseline configuration", run.baseline_hash),
        ("candidate configuration", run.candidate_hash),
        ("policy", _compact(decision.policy or run.policy)),
    ]
    return [(label, one_line(text, _LINE)) for label, text in known if text]


def _compact(policy: Mapping[str, Any]) -> str:
    return json.dumps(dict(policy), ensure_ascii=False, default=str) if policy else ""

"""A report as JSON, for programs. Its keys stay; a change of meaning raises `schema`.

schema       1
run          run_id, started_at (ISO 8601, UTC), kind, name, selection_id, selection, cases, k,
             seed, baseline, candidate (configurations without secrets), baseline_hash,
             candidate_hash, baseline_fingerprint, candidate_fingerprint, policy, version, schema
verdict      pass, drift, inconclusive or could_not_check; sentence: the same for people
decision     health, findings, slices, pairs, policy, needed, stopped, samples: as
             driftgate.replay.decide.decision documents them, shares from 0 to 1
differences  place, name, baseline, candidate of each difference of configuration; a value is null
             where that side has none
limits       what a replay can and cannot say
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from driftgate.replay.decide.decision import Decision
from driftgate.replay.report.difference import Difference
from driftgate.replay.report.words import limits
from driftgate.replay.run.kept import Run

SCHEMA = 1


def as_json(run: Run, decision: Decision, differences: Sequence[Difference]) -> str:
    """The text, ASCII alone: no character of a stranger's reaches a terminal as it is."""
    told = {
        "schema": SCHEMA,
        "run": {**asdict(run), "started_at": f"{run.started_at.replace(tzinfo=None).isoformat()}Z"},
        "verdict": decision.verdict.value,
        "sentence": decision.sentence,
        "decision": decision.as_json(),
        "differences": [_difference(each) for each in differences],
        "limits": limits(run.kind, agents=run.asks_agents),
    }
    return json.dumps(_plain(told), indent=2, allow_nan=False).replace("\x7f", "\\u007f") + "\n"


def _difference(each: Difference) -> dict[str, str | None]:
    names = ("place", "name", "baseline", "candidate")
    return {name: getattr(each, name) for name in names}


def _plain(value: Any) -> Any:
    """JSON types alone; NaN and infinity are null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, str | int) else str(value)

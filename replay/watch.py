"""When a watch asks again, what can break it, and what it tells of that. Pure; time is given.

One server is watched. There is no second one to compare it with, so the answers of an earlier round,
the reference, stand for the baseline's. They came at another time and under other load: what measures
time does not gate.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.decision import Decision, Finding, GateVerdict, Status
from driftgate.replay.decide.metrics import metric
from driftgate.replay.decide.policy import Policy
from driftgate.replay.report.origin import arm_name
from driftgate.replay.run.kept import Run
from driftgate.replay.run.probe import changed

REFERENCE_MADE, DRIFT, DRIFT_OVER, ROUND = "watch_reference", "drift", "drift_over", "verdict"
_OF_TIME = ("ms", "tokens/s")


@dataclass(frozen=True, slots=True)
class Known:
    """What a watch knows at one moment.

    reference: there is one. last_at: when the last round that counts began, UTC.
    facts: what the server was then. drifted: the last clear verdict was drift.
    down: it was not there when it was looked at last. failures: of rounds, one after the other;
    not_before: when the next one is tried, unless the server has changed.
    """

    reference: bool = False
    last_at: datetime | None = None
    facts: Mapping[str, Any] | None = None
    drifted: bool = False
    down: bool = False
    failures: int = 0
    not_before: datetime | None = None

    def failed(self, now: datetime, check: timedelta, every: timedelta) -> "Known":
        """After a round that came to nothing: the next one is tried later each time."""
        wait = min(check * 2 ** min(self.failures, 20), every)
        return replace(
            self, failures=self.failures + 1, not_before=now + wait, last_at=now, down=False
        )

    def after(self, run: Run, at: datetime, *, drifted: bool | None = None) -> "Known":
        """After a round that counts. at: when it began, UTC. drifted: None: it is not clear."""
        return Known(
            reference=True,
            last_at=at,
            facts=run.candidate_fingerprint,
            drifted=self.drifted if drifted is None else drifted,
        )


def why_due(
    known: Known, facts: Mapping[str, Any], now: datetime, every: timedelta, *, accept: bool = False
) -> str | None:
    """Why a round begins now, in a few words; None: it does not.

    Args:
        known: from before this look.
        facts: what the server says it is now.
        now: UTC.
        every: between two rounds.
        accept: the answers are to become the reference.
    """
    different = changed(known.facts or {}, facts)
    back = known.down and known.last_at is not None
    if known.not_before is not None and now < known.not_before and not (back or different):
        return None
    reasons = (
        (accept, "its answers become the reference"),
        (not known.reference, "there is no reference yet"),
        (back, "the server is back"),
        (bool(different), f"the server changed: {', '.join(different[:1])}"),
        (known.failures > 0, "the last round came to nothing"),
        (known.last_at is not None and now - known.last_at >= every, "it is time"),
    )
    return next((why for holds, why in reasons if holds), None)


def watch_policy(policy: Policy) -> tuple[Policy, list[str]]:
    """The policy without what measures time, and the names of what it loses by that."""
    lost = [name for name in policy.gating() if metric(name).natural in _OF_TIME]
    kept = {
        field: {name: each for name, each in getattr(policy, field).items() if name not in lost}
        for field in ("margins", "alarms")
    }
    return policy.model_copy(update=kept), lost


def coverage(cases: Sequence[Case], k: int) -> float:
    """Share of the cases to which all answers came: what a reference must have enough of."""
    whole = sum(sum(each.served for each in case.of(Arm.CANDIDATE)) >= k for case in cases)
    return whole / len(cases) if cases else 0.0


def outcome(verdict: GateVerdict) -> bool | None:
    """Whether it is drift; None: nothing is clear."""
    return {GateVerdict.DRIFT: True, GateVerdict.PASS: False}.get(verdict)


def event_of(verdict: GateVerdict, *, drifted: bool) -> str | None:
    """What a round is for the history and whoever is told of drift; None: nothing of the kind.

    drifted: whether the verdict before was drift.
    """
    if verdict is GateVerdict.DRIFT:
        return DRIFT
    return DRIFT_OVER if verdict is GateVerdict.PASS and drifted else None


def detail(run: Run, decision: Decision | None = None) -> str:
    """What the history keeps of an event, as JSON."""
    told = {"run": run.run_id, "set": run.name, "candidate": arm_name(run.candidate)}
    if decision is not None:
        told |= {"verdict": decision.verdict.value, "sentence": decision.sentence}
    return json.dumps(told, sort_keys=True, ensure_ascii=False)


def message(event: str, run: Run, decision: Decision, why: str, at: datetime) -> dict[str, Any]:
    """What a webhook gets, as JSON types.

    event: drift, drift_over or verdict. at: UTC.
    """
    broken = [
        _finding(each)
        for each in (*decision.findings, *decision.slices)
        if each.status is Status.DRIFT and each.margin is not None
    ]
    return {
        "event": event,
        "set": run.name,
        "run": run.run_id,
        "verdict": decision.verdict.value,
        "sentence": decision.sentence,
        "at": at.isoformat(timespec="seconds"),
        "why": why,
        "changed": changed(run.baseline_fingerprint, run.candidate_fingerprint),
        "findings": broken,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    numbers = {
        name: getattr(finding, name)
        for name in ("baseline", "candidate", "effect", "low", "high", "margin")
    }
    told = {"metric": finding.metric, "slice": finding.slice}
    return told | {
        name: value if value is not None and math.isfinite(value) else None
        for name, value in numbers.items()
    }

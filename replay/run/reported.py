"""What is made of a decision: the report, and what a change in the middle makes of both. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from driftgate.replay.candidate.differences import differences
from driftgate.replay.decide.decision import Decision, GateVerdict
from driftgate.replay.report.report import Report
from driftgate.replay.run.kept import Run


def report_of(run: Run, decision: Decision) -> Report:
    """The report on a run, with what its arms are configured differently in."""
    configurations = (run.baseline, run.candidate)
    told = differences(*configurations, run.baseline_fingerprint, run.candidate_fingerprint)
    return Report(run, decision, told)


def unless_spoiled(decision: Decision, spoiled: Sequence[str]) -> Decision:
    """A server that became another one in the middle was not measured, whatever the numbers say."""
    if not spoiled:
        return decision
    health = replace(decision.health, problems=[*spoiled, *decision.health.problems])
    return replace(
        decision,
        verdict=GateVerdict.COULD_NOT_CHECK,
        sentence=f"Could not check: {spoiled[0]}.",
        health=health,
    )

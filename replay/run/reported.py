"""The report on a run that was decided: with what its arms are configured differently in. Pure."""

from driftgate.replay.candidate.differences import differences
from driftgate.replay.decide.decision import Decision
from driftgate.replay.report.report import Report
from driftgate.replay.run.kept import Run


def report_of(run: Run, decision: Decision) -> Report:
    """The report."""
    configurations = (run.baseline, run.candidate)
    told = differences(*configurations, run.baseline_fingerprint, run.candidate_fingerprint)
    return Report(run, decision, told)

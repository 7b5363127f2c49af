"""The report of a run that is known, with the differences of its configurations worked out."""

from driftgate.replay.candidate.differences import differences
from driftgate.replay.decide.decision import Decision
from driftgate.replay.report.report import Report
from driftgate.replay.run.kept import Run


def report_of(run: Run, decision: Decision) -> Report:
    """What there is to report of the run and what it decided."""
    found = differences(
        run.baseline, run.candidate, run.baseline_fingerprint, run.candidate_fingerprint
    )
    return Report(run, decision, found)

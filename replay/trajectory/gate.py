"""A gate over trajectories: recorded threads gone through again by both arms, and decided by a policy."""

from datetime import UTC, datetime

from driftgate.replay import results
from driftgate.replay.report.report import Report
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.reported import report_of, unless_spoiled
from driftgate.replay.run.rows import decided_rows
from driftgate.replay.trajectory.decide import decided
from driftgate.replay.trajectory.sitting import TrajectorySitting
from driftgate.replay.trajectory.wanted import TrajectoryGate


def run_trajectories(gate: TrajectoryGate, progress: Progress | None = None) -> Report:
    """Runs and decides it. Blocks; Ctrl-C ends it in good order where this is the main thread.

    Raises:
        CouldNotCheckError: a server or Codex is not there, or nothing comes of an arm.
        RunInterruptedError: Ctrl-C.
        UsageError, HistoryError, JournalError: as their names say.
    """
    told = progress or Progress(quiet=True)
    sitting = TrajectorySitting(gate, told)
    with sitting.asked() as sat:
        cases = results.all_cases(gate.settings.history, sat.run)
        decision = decided(
            cases,
            gate.policy,
            k=gate.k,
            seed=gate.seed,
            moved=sitting.moved,
            stopped=sat.course.stopped,
        )
        decision = unless_spoiled(decision, sat.spoiled)
        sat.recording.rows(decided_rows(sat.run.run_id, decision, datetime.now(UTC)))
    return report_of(sat.run, decision)

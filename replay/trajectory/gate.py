"""A gate over trajectories: recorded threads gone through again by both arms, and decided by a policy."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from driftgate.proxy.agent.program import Program
from driftgate.proxy.settings.codex import Codex, Sandbox
from driftgate.proxy.settings.model import Settings
from driftgate.replay import results
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.report.report import Report
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.kept import Run
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.reported import report_of, unless_spoiled
from driftgate.replay.run.rows import decided_rows
from driftgate.replay.select.selected import Selection
from driftgate.replay.trajectory.decide import decided
from driftgate.replay.trajectory.policy import TrajectoryPolicy
from driftgate.replay.trajectory.rows import Setup
from driftgate.replay.trajectory.sitting import TrajectorySitting
from driftgate.replay.trajectory.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryGate:
    """What is put to the test, and how.

    tasks, selection: what is run, and as the history keeps it. program: Codex.
    base: how it is configured for threads of somebody's own. setup: workspace, check, sandbox.
    resumed: the run that goes on; None: a new one. until: turns that began later are not run.
    The rest as of `driftgate.replay.sitting.Gate`.
    """

    settings: Settings
    tasks: Sequence[Task]
    selection: Selection
    baseline: Configuration
    candidate: Configuration
    policy: TrajectoryPolicy
    program: Program
    base: Codex
    setup: Setup
    sandbox: Sandbox | None = None
    k: int = 2
    seed: int = 0
    concurrency: int = 2
    budget: Budget = field(default_factory=Budget)
    resumed: Run | None = None

    @property
    def configurations(self) -> dict[Arm, Configuration]:
        """Of both arms."""
        return {Arm.BASELINE: self.baseline, Arm.CANDIDATE: self.candidate}


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

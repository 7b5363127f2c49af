"""What a gate over trajectories puts to the test. A value."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from driftgate.proxy.agent.codex.program import Program
from driftgate.proxy.settings.codex import Codex, Sandbox
from driftgate.proxy.settings.model import Settings
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.kept import Run
from driftgate.replay.select.selected import Selection
from driftgate.replay.trajectory.policy import TrajectoryPolicy
from driftgate.replay.trajectory.rows import Setup
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

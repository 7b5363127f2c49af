"""A trajectory as an answer, so that whatever decides over answers decides over trajectories. Pure."""

from dataclasses import dataclass

from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.trajectory.show import shown
from driftgate.replay.trajectory.trajectory import Trajectory

CHECK = "check"  # what stands where an answer has its contract


@dataclass(frozen=True, slots=True)
class TrajectoryAnswer(Answer):
    """A trajectory of one arm.

    call_id: the trajectory's id. text: all of it, for people. verdict: of the check command.
    total_ms: of its turns. trajectory: None: of the record, where little is known.
    """

    trajectory: Trajectory | None = None


def answer_of(
    trajectory: Trajectory, arm: Arm, repetition: int, own_id: str, *, model: str | None = None
) -> TrajectoryAnswer:
    """The answer that a trajectory is.

    Args:
        trajectory: what was done.
        arm: who did it.
        repetition: from 1.
        own_id: the trajectory's id.
        model: that was asked for.
    """
    failure, usage, check = trajectory.failed, trajectory.usage, trajectory.check
    judged = None if check is None or failure is not None else check.passed
    return TrajectoryAnswer(
        own_id,
        arm,
        repetition,
        served=failure is None,
        failure=failure,
        status=None,
        model=model,
        text=shown(trajectory),
        finish_reason=trajectory.ending,
        verdict=None if judged is None else "pass" if judged else "fail",
        contract=None if judged is None else CHECK,
        input_tokens=usage.input_tokens or None,
        output_tokens=usage.output_tokens or None,
        total_ms=trajectory.duration_ms or None,
        trajectory=trajectory,
    )

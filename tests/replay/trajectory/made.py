"""Trajectories and tasks by hand, for tests."""

from collections.abc import Sequence
from typing import Any

from driftgate.proxy.agent.steps import Usage
from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.trajectory.answer import TrajectoryAnswer, answer_of
from driftgate.replay.trajectory.trajectory import Change, Check, Command, Trajectory, Turn

USAGE = Usage(100, 40, 20, 5)


def turn(*commands: str, message: str = "done", **more: Any) -> Turn:
    """A turn that completed. A command that begins with ! fails."""
    ran = tuple(
        Command(each.removeprefix("!"), int(each.startswith("!")), 10, output="said so")
        for each in commands
    )
    told: dict[str, Any] = {"model_calls": len(ran) + 1, "usage": USAGE, "duration_ms": 1000.0}
    return Turn("do it", message=message, commands=ran, **{**told, **more})


def change(path: str, content: str = "new", kind: str = "add") -> Change:
    """A changed file."""
    lines = "".join(f"+{line}\n" for line in content.splitlines())
    return Change(path, kind, f"digest of {content}", f"--- a\n+++ b\n@@\n{lines}".rstrip())


def trajectory(
    *turns: Turn,
    changes: Sequence[Change] | None = (),
    passes: bool | None = None,
    prompts: int | None = None,
) -> Trajectory:
    """A trajectory; passes: what its check said, None: there is none."""
    ran = turns or (turn(),)
    check = None if passes is None else Check(passes, int(not passes), "1 failed")
    left = None if changes is None else tuple(changes)
    return Trajectory(len(ran) if prompts is None else prompts, ran, left, check)


def answer(made: Trajectory, arm: Arm = Arm.BASELINE, repetition: int = 1) -> TrajectoryAnswer:
    """It as an answer."""
    return answer_of(made, arm, repetition, f"{arm.value}-{repetition}", model="m")


def case(number: int, baseline: Sequence[Trajectory], candidate: Sequence[Trajectory]) -> Case:
    """One thread gone through by both arms."""
    both = {Arm.BASELINE: baseline, Arm.CANDIDATE: candidate}
    answers = {
        arm: [answer(made, arm, place) for place, made in enumerate(each, 1)]
        for arm, each in both.items()
    }
    return Case(f"call-{number}", f"session-{number}", {}, f"prompt {number}", answers)

"""Deciding over trajectories."""

from collections.abc import Sequence
from random import Random

from driftgate.replay.case import Case
from driftgate.replay.decide.decision import Decision, GateVerdict, of_json
from driftgate.replay.trajectory.decide import decided
from driftgate.replay.trajectory.policy import TrajectoryPolicy
from driftgate.replay.trajectory.trajectory import Trajectory
from tests.replay.trajectory.made import case, change, trajectory, turn

LOOPED = trajectory(turn(status="failed", code="turn_loop"), changes=[], passes=False)


def good(chance: Random) -> Trajectory:
    """A path that differs a little each time, to the same end."""
    some = chance.choice([("ls", "make"), ("ls", "cat a", "make")])
    return trajectory(turn(*some), changes=[change("a", "fixed")], passes=True)


def bad(_chance: Random) -> Trajectory:
    return trajectory(turn("ls", "!make"), changes=[change("b", "broken")], passes=False)


def judged(cases: Sequence[Case]) -> Decision:
    return decided(cases, TrajectoryPolicy(permutations=199), k=2, seed=0)


def made(n: int, candidate: object = good) -> list[Case]:
    chance = Random(3)
    make = candidate if callable(candidate) else good
    return [
        case(number, [good(chance), good(chance)], [make(chance), make(chance)])
        for number in range(n)
    ]


def test_an_agent_that_fails_its_check_is_drift_and_said_so() -> None:
    found = judged(made(20, bad))
    assert found.verdict is GateVerdict.DRIFT
    assert found.sentence.startswith("Drift: check pass rate is 100 points lower")
    by_name = {each.metric: each for each in found.findings}
    assert by_name["agreement:files"].candidate == 0
    assert by_name["failed_commands"].candidate == 0.5
    assert by_name["trajectories"].reason.startswith("distance of trajectories as a whole")
    assert "contract_pass" not in by_name
    assert "latency_mean" not in by_name
    assert "[check fails, exit 1]" in found.pairs[0].shown["candidate"]
    assert "the check passes against fails" in found.pairs[0].reasons
    assert of_json(found.as_json()).sentence == found.sentence


def test_an_agent_that_did_not_change_passes_once_there_are_enough_threads() -> None:
    assert judged(made(60)).verdict is GateVerdict.PASS
    few = judged(made(10))
    assert few.verdict is GateVerdict.INCONCLUSIVE
    assert few.needed is not None


def test_going_in_circles_is_a_loss_and_no_failure_of_the_measurement() -> None:
    found = judged(made(20, lambda _: LOOPED))
    assert found.verdict is GateVerdict.DRIFT
    assert found.health.served == {"baseline": 40, "candidate": 40}
    assert {each.metric: each.candidate for each in found.findings}["completed"] == 0


def test_an_arm_that_did_not_come_could_not_be_checked() -> None:
    gone = Trajectory(1, failure="the model's server is down")
    found = judged(made(10, lambda _: gone))
    assert found.verdict is GateVerdict.COULD_NOT_CHECK
    assert "the model's server is down" in found.sentence


def test_too_few_threads_are_not_judged() -> None:
    assert judged(made(4)).verdict is GateVerdict.COULD_NOT_CHECK

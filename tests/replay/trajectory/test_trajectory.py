"""Trajectories as values."""

import json

import pytest

from driftgate.proxy.agent.steps import Usage
from driftgate.replay.trajectory.trajectory import Check, Trajectory, of_json
from tests.replay.trajectory.made import USAGE, change, trajectory, turn

LOOPED = turn("ls", status="failed", code="turn_loop", error="it was stopped")
BROKEN = turn("ls", status="failed", code="model_failed", error="status 500")


def test_its_turns_are_summed() -> None:
    made = trajectory(turn("ls", edits=("a",)), turn("!cat x", message="no"), changes=[change("a")])
    assert [each.text for each in made.commands] == ["ls", "cat x"]
    assert (made.edits, made.message, made.model_calls) == (["a"], "no", 4)
    assert made.usage == USAGE + USAGE
    assert (made.duration_ms, made.completed, made.ending, made.failed) == (
        2000,
        True,
        "completed",
        None,
    )
    assert Trajectory(1).usage == Usage()


@pytest.mark.parametrize(
    ("made", "completed", "ending", "failed"),
    [
        (trajectory(LOOPED, prompts=2), False, "turn_loop", None),
        (trajectory(turn(), BROKEN), False, "model_failed", "status 500"),
        (trajectory(turn(status="interrupted")), False, "interrupted", "a turn interrupted"),
        (trajectory(turn(), prompts=2), False, "completed", "it was stopped between two turns"),
        (Trajectory(1, failure="no Codex"), False, "failed", "no Codex"),
        (Trajectory(1), False, "failed", "no turn was begun"),
    ],
)
def test_a_model_that_goes_in_circles_was_measured_and_one_that_is_not_there_was_not(
    made: Trajectory, completed: bool, ending: str, failed: str | None
) -> None:
    assert (made.completed, made.ending, made.failed) == (completed, ending, failed)


def test_a_check_that_could_not_run_leaves_nothing_to_compare() -> None:
    for whole in (turn(), LOOPED):
        made = Trajectory(1, (whole,), (), Check(error="no sandbox"))
        assert made.failed == "the check could not be run: no sandbox"
    assert [Check(True, 0).verdict, Check(False, 1).verdict, Check(error="x").verdict] == [
        *("pass", "fail", "unjudged")
    ]


@pytest.mark.parametrize(
    "made",
    [
        trajectory(turn("ls", "!cat x", edits=("a", "b"), others=("approval declined",)), LOOPED),
        trajectory(changes=[change("a", "text")], passes=False),
        trajectory(changes=None),
        Trajectory(3, failure="no Codex"),
    ],
)
def test_what_is_kept_as_json_is_the_same_again(made: Trajectory) -> None:
    assert of_json(json.loads(json.dumps(made.as_json()))) == made


def test_what_is_no_trajectory_is_refused() -> None:
    turns: list[object] = [{}]
    for told in ({}, {"changes": None, "check": None, "turns": turns, "prompts": 1, "failure": ""}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            of_json(told)


def test_what_may_not_end_it_again_is_tried_again() -> None:
    assert trajectory(BROKEN).passing
    assert Trajectory(1, failure="Codex does not start", code="codex_died").passing
    assert not Trajectory(1, failure="it does not know us", code="codex_protocol").passing
    assert not trajectory(LOOPED).passing
    assert not trajectory().passing

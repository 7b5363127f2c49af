"""One call of a run with all answers."""

from pathlib import Path

import pytest

from driftgate.dashboards.drift.pair import Read, pair, read
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history.reader import open_history
from driftgate.replay.arm import Arm
from tests.dashboards.drift.made import a_run, trajectories
from tests.replay.trajectory.made import trajectory, turn
from tests.support.shown import Shown


def of(path: Path, run: str, call: str) -> Read:
    with open_history(path, drain=False) as reader:
        return read(reader, run, call)


def test_the_first_answers_that_differ_are_beside_each_other(shown: Shown) -> None:
    found = of(shown.path, shown.runs["drifted"], shown["order_1"])
    told = pair(found)
    assert [each.key for each in told.cards] == [
        "record-1",
        *(f"baseline-{n}" for n in (1, 2)),
        *(f"candidate-{n}" for n in (1, 2)),
    ]
    assert (told.left, told.right) == ("baseline-1", "candidate-1")
    assert told.difference is not None
    assert not told.difference.alike
    other = pair(found, "baseline-1", "baseline-2")
    assert other.difference is not None
    assert other.difference.alike


def test_answers_that_are_not_there_are_not_chosen(shown: Shown) -> None:
    found = of(shown.path, shown.runs["drifted"], shown["order_1"])
    assert pair(found, "nobody-1", "<script>").left == "baseline-1"


def test_a_call_nobody_answered_yet_has_its_record(shown_history: Shown) -> None:
    run = a_run(shown_history.path, [shown_history["order_1"]])
    told = pair(of(shown_history.path, run.run_id, shown_history["order_1"]))
    assert [each.key for each in told.cards] == ["record-1"]
    assert told.difference is None


def test_whole_turns_are_shown_with_what_was_done(shown_history: Shown) -> None:
    call = shown_history["turn_0_0"]
    run = a_run(shown_history.path, [call], kind="trajectories", k=1)
    made = {Arm.BASELINE: trajectory(turn("ls")), Arm.CANDIDATE: trajectory(turn("!make test"))}
    trajectories(shown_history.path, run, call, made)
    found = of(shown_history.path, run.run_id, call)
    told = pair(found)
    assert told.whole_turns
    assert found.setup is not None
    assert found.setup.check_command == "make test"
    assert [each.trajectory is not None for each in told.cards] == [False, True, True]


def test_a_call_that_is_not_in_the_run_is_said(shown: Shown) -> None:
    with pytest.raises(NotFoundError, match="is not in the selection of run"):
        of(shown.path, shown.runs["drifted"], shown["chat_plain"])

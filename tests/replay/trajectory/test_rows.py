"""Trajectories in the history, and back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.history.reader import open_history
from driftgate.replay.arm import Arm
from driftgate.replay.run.order import Job
from driftgate.replay.trajectory.rows import (
    SETUPS,
    TABLE,
    Ran,
    Setup,
    answers_of,
    done,
    row,
    setup_of,
    setup_row,
)
from driftgate.replay.trajectory.trajectory import Trajectory
from tests.replay.run.made import Made
from tests.replay.trajectory.made import change, trajectory, turn

RUN, OF = (text_id(new_id(1_000_000_000 * number)) for number in (1, 2))
AT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    history = Made(tmp_path)
    yield history
    history.journal.close()


def ran(made: Trajectory, arm: Arm = Arm.BASELINE, repetition: int = 1, second: int = 0) -> Ran:
    own_id = text_id(new_id(1_700_000_000_000_000_000 + second))
    at = AT.replace(second=second)
    return Ran(
        own_id=own_id,
        job=Job(OF, arm, repetition),
        trajectory=made,
        model="gemma4",
        started_at=AT,
        ended_at=at,
    )


def test_what_was_kept_is_read_back(made: Made) -> None:
    whole = trajectory(turn("ls", "!make"), changes=[change("a")], passes=False)
    gone = Trajectory(1, failure="no Codex")
    rows = [
        row(RUN, ran(whole)),
        row(RUN, ran(gone, Arm.CANDIDATE, second=1)),
        row(RUN, ran(whole, Arm.CANDIDATE, 2, second=2)),
    ]
    made.journal.rows(TABLE, rows)
    made.drain()
    with open_history(made.path, drain=False) as reader:
        found = answers_of(reader, RUN, [OF])[OF]
        assert done(reader, RUN) == {Job(OF, Arm.BASELINE, 1), Job(OF, Arm.CANDIDATE, 2)}
    assert [each.trajectory for each in found[Arm.BASELINE]] == [whole]
    assert [each.repetition for each in found[Arm.CANDIDATE]] == [1, 2]
    assert found[Arm.CANDIDATE][0].failure == "no Codex"
    assert found[Arm.BASELINE][0].model == "gemma4"
    assert made.ask(
        "SELECT ending, commands, failed_commands, files_changed, check_verdict, message, input_tokens "
        "FROM trajectories WHERE arm = 'baseline'"
    ) == [("completed", 2, 1, 1, "fail", "done", 100)]


def test_of_two_tries_the_one_that_came_counts(made: Made) -> None:
    gone, came = Trajectory(1, failure="no Codex"), trajectory()
    made.journal.rows(TABLE, [row(RUN, ran(came)), row(RUN, ran(gone, second=5))])
    made.drain()
    with open_history(made.path, drain=False) as reader:
        (answer,) = answers_of(reader, RUN, [OF])[OF][Arm.BASELINE]
    assert answer.trajectory == came


def test_what_cannot_be_read_back_is_said_to_have_failed(made: Made) -> None:
    broken = {**row(RUN, ran(trajectory())), "data": "{}"}
    made.journal.rows(TABLE, [broken])
    made.drain()
    with open_history(made.path, drain=False) as reader:
        (answer,) = answers_of(reader, RUN, [OF])[OF][Arm.BASELINE]
    assert answer.failure == "it cannot be read; run it again"


def test_how_a_run_was_set_up_is_kept(made: Made) -> None:
    setup = Setup(workspace="/w", workspace_digest="d", check_command="pytest", check_timeout_s=9.0)
    made.journal.rows(SETUPS, [setup_row(RUN, setup)])
    made.drain()
    with open_history(made.path, drain=False) as reader:
        assert setup_of(reader, RUN) == setup
        assert setup_of(reader, OF) == Setup()

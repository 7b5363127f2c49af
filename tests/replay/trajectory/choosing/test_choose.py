"""Choosing what is run."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history.reader import open_history
from driftgate.replay.select.criteria import Criteria
from driftgate.replay.trajectory.choosing.choose import (
    Chosen,
    Draw,
    choose,
    chosen_again,
    turns_class,
)
from tests.replay.run.made import Made, asked
from tests.replay.trajectory.recorded import Talk

NOW = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    history = Made(tmp_path)
    yield history
    history.journal.close()


def chosen(made: Made, criteria: Criteria | None = None, **more: Any) -> Chosen:
    made.drain()
    with open_history(made.path, drain=False) as reader:
        draw = Draw(**{"n": 20, "until": NOW, **more})
        return choose(reader, criteria or Criteria(), made.settings, draw)


def test_whole_threads_are_chosen_by_any_of_their_calls(made: Made) -> None:
    one, other = Talk(made, "t1"), Talk(made, "t2")
    first = one.turn("fix it", "ls")
    one.turn("and that")
    other.turn("something else")
    made.call(asked(1))
    found = chosen(made, Criteria(session="t1"))
    (task,) = found.tasks
    assert len(task.prompts) == 2
    (selected,) = found.selection.calls
    assert (selected.call_id, selected.session, selected.prompt) == (first, "t1", "fix it")
    assert selected.slices == {
        "model": ("gemma4",),
        "dialect": ("responses",),
        "depth": ("2 to 3 turns",),
    }
    assert found.selection.described == "--session t1 -n 20"
    assert (found.selection.found, found.selection.collapsed) == (1, 0)


def test_threads_that_ask_the_same_are_one_unless_all_are_wanted(made: Made) -> None:
    for name in ("t1", "t2"):
        Talk(made, name).turn("fix it")
    once = chosen(made)
    assert (len(once.tasks), once.selection.collapsed) == (1, 1)
    assert once.selection.calls[0].duplicates == 2
    every = chosen(made, collapse=False)
    assert len(every.tasks) == 2
    assert every.selection.described == "-n 20 --no-collapse"


def test_a_run_that_goes_on_has_the_same_tasks_though_the_thread_went_on_too(made: Made) -> None:
    talk = Talk(made, "t1")
    talk.turn("fix it")
    made.drain()
    (row,) = made.ask("SELECT max(started_at) FROM calls")
    until = row[0].replace(tzinfo=UTC)
    before = chosen(made, until=until)
    talk.turn("and that")
    made.drain()
    with open_history(made.path, drain=False) as reader:
        after = chosen_again(reader, before.selection, made.settings, until=until)
    assert after.tasks == before.tasks


def test_where_nothing_can_be_run_it_is_said_why(made: Made) -> None:
    Talk(made, "t1").turn("<skill>none of the user's</skill>")
    with pytest.raises(
        NotFoundError, match=r"nothing can be run again: call .* no message of a user"
    ):
        chosen(made)


@pytest.mark.parametrize(
    ("prompts", "told"),
    [(1, "1 turn"), (2, "2 to 3 turns"), (4, "4 to 10 turns"), (11, "11 turns and more")],
)
def test_the_depth_of_a_thread_is_told_roughly(prompts: int, told: str) -> None:
    assert turns_class(prompts) == told

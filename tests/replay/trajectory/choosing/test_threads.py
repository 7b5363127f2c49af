"""Recorded threads that can be run again, out of a history."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history.reader import open_history
from driftgate.replay.trajectory.choosing.threads import Thread, distinct, drawn, threads
from tests.replay.run.made import Made, asked
from tests.replay.trajectory.recorded import Talk

NOW = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    history = Made(tmp_path)
    yield history
    history.journal.close()


def found(made: Made, ids: Sequence[str], *agents: str, until: datetime = NOW) -> list[Thread]:
    made.drain()
    with open_history(made.path, drain=False) as reader:
        return threads(reader, ids, agents, until=until)


def test_a_thread_is_known_by_any_of_its_calls_and_has_the_first_one_of_each_turn(
    made: Made,
) -> None:
    talk, other = Talk(made, "t1"), Talk(made, "t2")
    first = talk.turn("fix it", "ls", "cat a")
    beside = other.turn("something else")
    second = talk.turn("and that", "make")
    assert [each.calls for each in found(made, [second])] == [(first, second)]
    both = found(made, [second, beside, first])
    assert [each.call_id for each in both] == [first, beside]
    assert {each.agent for each in both} == {None}


def test_compactions_and_what_came_later_are_no_turns_of_it(made: Made) -> None:
    talk = Talk(made, "t1")
    first = talk.turn("fix it")
    talk.turn("summarise", kind="compaction")
    made.drain()
    (row,) = made.ask("SELECT max(started_at) FROM calls")
    later = talk.turn("and that")
    until = row[0].replace(tzinfo=UTC)
    assert found(made, [later], until=until)[0].calls == (first,)
    assert found(made, [later])[0].calls == (first, later)


def test_a_call_of_an_agent_is_a_thread_of_its_own(made: Made) -> None:
    call_id = made.call(asked(1))
    (thread,) = found(made, [call_id], "default")
    assert (thread.calls, thread.agent) == ((call_id,), "default")


def test_calls_of_no_thread_are_said_to_be_none(made: Made) -> None:
    with pytest.raises(NotFoundError, match="none of the 1 calls belongs to a recorded Codex"):
        found(made, [made.call(asked(1))])


def test_of_threads_that_ask_the_same_the_latest_is_drawn(made: Made) -> None:
    ids = []
    for name, prompts in (("t1", ["fix it"]), ("t2", ["fix  it"]), ("t3", ["fix it", "more"])):
        talk = Talk(made, name)
        first, *_ = [talk.turn(prompt) for prompt in prompts]
        ids.append(first)
    whole = found(made, ids)
    units = distinct(whole)
    assert [(each.call_id, number) for each, number in units] == [(ids[1], 2), (ids[2], 1)]
    assert drawn(units, 5, 0) == units
    chosen = {drawn(units, 1, seed)[0][0].call_id for seed in range(20)}
    assert chosen == {ids[1], ids[2]}
    assert drawn(units, 1, 7) == drawn(units, 1, 7)

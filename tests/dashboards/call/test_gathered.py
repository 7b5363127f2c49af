"""What the history knows around a call."""

from collections.abc import Iterator

import pytest

from driftgate.dashboards.call.gathered import Gathered, gather
from driftgate.proxy.history.reader import Reader, open_history
from driftgate.proxy.history.whole import load
from tests.support.shown import Shown


@pytest.fixture
def reader(shown: Shown) -> Iterator[Reader]:
    with open_history(shown.path, drain=False) as opened:
        yield opened


def gathered(reader: Reader, shown: Shown, name: str) -> Gathered:
    return gather(reader, load(reader, shown[name]))


def test_a_call_of_a_session_knows_its_neighbours(reader: Reader, shown: Shown) -> None:
    made = gathered(reader, shown, "turn_0_1")
    assert str(made.session["previous"]) == shown["turn_0_0"]
    assert str(made.session["next"]) == shown["turn_0_end"]
    assert (made.session["number"], made.session["calls"]) == (2, 6)
    assert made.before is not None
    assert str(made.before["call_id"]) == shown["turn_0_0"]
    assert made.was is not None
    assert 0 < len(made.was.request.items) < len(made.call.described.request.items)


def test_results_of_an_answers_tool_calls_come_from_the_next_request(
    reader: Reader, shown: Shown
) -> None:
    made = gathered(reader, shown, "turn_0_0")
    assert [str(each["call_id"]) for each in made.results] == [shown["turn_0_1"]]


def test_an_agents_call_knows_its_model_calls(reader: Reader, shown: Shown) -> None:
    made = gathered(reader, shown, "agent")
    assert [str(each["call_id"]) for each in made.children] == [shown["agent_0"], shown["agent_1"]]


def test_a_recorded_call_knows_the_runs_that_asked_it_again(reader: Reader, shown: Shown) -> None:
    runs = {str(each["run_id"]) for each in gathered(reader, shown, "order_0").replays}
    assert runs
    assert runs <= set(shown.runs.values())


def test_a_replay_is_held_against_the_recorded_call(reader: Reader, shown: Shown) -> None:
    sql = "SELECT call_id FROM replays WHERE replay_of = ?::UUID AND status = 200 LIMIT 1"
    replay = str(reader.ask(sql, [shown["order_0"]]).rows[0][0])
    made = gather(reader, load(reader, replay))
    assert made.before is not None
    assert str(made.before["call_id"]) == shown["order_0"]


def test_the_backend_and_the_configuration_of_the_time_are_known(
    reader: Reader, shown: Shown
) -> None:
    made = gathered(reader, shown, "chat_plain")
    assert made.since is not None
    assert made.config is not None
    assert made.facts


def test_an_attempt_that_driftgate_wrote_anew_is_read(reader: Reader, shown: Shown) -> None:
    made = gathered(reader, shown, "fallback")
    assert made.adapted is not None
    assert made.adapted.request.parameters.model == "qwen3:8b"

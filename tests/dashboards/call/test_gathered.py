"""What the history knows around a call."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from driftgate.dashboards.call.gathered import Gathered, gather
from driftgate.dashboards.call.view import view
from driftgate.proxy.history.reader import Reader, open_history
from driftgate.proxy.history.whole import load
from tests.support.shown import Shown, copied


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


_SEEN = "INSERT INTO observations SELECT started_at + INTERVAL (?) SECOND, 'second', ?, ?::UUID "
_FACTS = "INSERT INTO fingerprints VALUES (?::UUID, '2026-01-01', ?)"


def test_after_a_fallback_the_backend_is_the_one_that_answered(
    shown: Shown, tmp_path: Path
) -> None:
    made, call = copied(shown, tmp_path), shown["fallback"]
    ids = [f"00000000-0000-0000-0000-00000000000{number}" for number in range(4)]
    places = [(-90, "qwen3:8b"), (-60, "qwen3:8b"), (60, "qwen3:8b"), (-30, None)]
    with duckdb.connect(str(made.path)) as writing:
        for number, (fingerprint, (seconds, model)) in enumerate(zip(ids, places, strict=True)):
            writing.execute(_FACTS, [fingerprint, f'{{"n_ctx": {number}}}'])
            told = [seconds, model, fingerprint, call]
            writing.execute(f"{_SEEN} FROM all_calls WHERE call_id = ?::UUID", told)
    with open_history(made.path, drain=False) as reader:
        found = gathered(reader, made, "fallback")
        assert str(found.call.row["fingerprint_id"]) not in ids
        assert found.answering["upstream"] == "second"
        assert str(found.answering["fingerprint_id"]) == ids[1]
        page = view(found, "", all_items=False)
    assert page.backend is not None
    assert page.backend.since is not None
    assert [(name, text.shown) for name, text in page.backend.facts] == [("n_ctx", "1")]
    assert "of a context of 1" in page.parameters[-1].why


def test_of_a_fallback_that_nobody_probed_nothing_is_told(reader: Reader, shown: Shown) -> None:
    found = gathered(reader, shown, "fallback")
    assert found.call.row["fingerprint_id"] is not None
    assert found.answering == {"upstream": "second", "fingerprint_id": None}
    assert view(found, "", all_items=False).backend is None

"""The history that page tests look at: whether it has what they need."""

from collections.abc import Iterator

import pytest

from driftgate.proxy.history.reader import Reader, open_history
from tests.support.shown import Shown


@pytest.fixture
def reader(shown: Shown) -> Iterator[Reader]:
    with open_history(shown.path, drain=False) as opened:
        yield opened


def test_every_named_call_and_run_is_there(shown: Shown, reader: Reader) -> None:
    calls = {str(row[0]) for row in reader.ask("SELECT call_id FROM calls").rows}
    assert set(shown.calls.values()) == calls
    assert len(set(shown.calls)) == len(calls)
    runs = {str(row[0]) for row in reader.ask("SELECT run_id FROM runs").rows}
    assert set(shown.runs.values()) == runs


def test_the_runs_ended_as_they_are_named(shown: Shown, reader: Reader) -> None:
    verdicts = dict(reader.ask("SELECT run_id::VARCHAR, verdict FROM run_results").rows)
    named = {name: verdicts.get(run_id) for name, run_id in shown.runs.items()}
    assert named == {"passed": "pass", "drifted": "drift", "running": None, "hostile": "drift"}


def test_calls_ended_in_every_way(reader: Reader) -> None:
    outcomes = {row[0] for row in reader.ask("SELECT DISTINCT outcome FROM calls").rows}
    assert outcomes == {
        "completed",
        "client_gone",
        "client_invalid",
        "upstream_refused",
        "upstream_reset",
        "upstream_timeout",
        "upstream_invalid",
        "refused",
        "interrupted",
        "failed",
    }


def test_hostile_texts_are_in_every_field_of_strangers(reader: Reader) -> None:
    fields = (
        *("user_agent", "originator", "session_id", "thread_id", "turn_id", "window_id", "path"),
        *("query", "model", "answer_model", "reasoning_effort", "tool_choice", "metadata"),
        *("previous_response_id", "input_text", "output_text", "reasoning_text", "finish_reason"),
        *("response_id", "system_fingerprint", "answer_error", "backend_timings", "error"),
    )
    for field in fields:
        told = reader.ask(f"SELECT count(*) FROM calls WHERE {field} LIKE '%alert(1)%'")
        assert told.rows != [(0,)], field

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
    assert named == {
        "passed": "pass",
        "drifted": "drift",
        "running": None,
        "hostile": "drift",
        "trajectories": "drift",
    }


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


def test_the_model_changed_between_the_orders(shown: Shown, reader: Reader) -> None:
    told = "SELECT DISTINCT fingerprint_id FROM calls WHERE call_id = '{}'"
    first, same, other = (
        reader.ask(told.format(shown[f"order_{number}"])).rows for number in (0, 26, 28)
    )
    assert first == same != other


def test_what_was_tried_again_was_mended(shown: Shown, reader: Reader) -> None:
    told = "SELECT verdict, attempts, len(repairs), fallback FROM calls WHERE call_id = '{}'"
    found = {
        name: reader.ask(told.format(shown[name])).rows[0]
        for name in ("passing", "failing", "repaired", "retried", "fallback", "unmended")
    }
    assert found == {
        "passing": ("pass", 1, None, None),
        "failing": ("fail", 1, None, None),
        "repaired": ("pass", 1, 1, None),
        "retried": ("pass", 2, None, None),
        "fallback": ("pass", 3, None, "second/qwen3:8b"),
        "unmended": ("fail", 3, None, None),
    }


def test_copies_and_turns_of_an_agent_are_there(shown: Shown, reader: Reader) -> None:
    assert reader.ask("SELECT count(*) FROM replays WHERE arm = 'shadow'").rows == [(3,)]
    told = "SELECT call_id::VARCHAR FROM agent_calls ORDER BY started_at"
    assert [row[0] for row in reader.ask(told).rows] == [shown["agent_0"], shown["agent_1"]]


def test_a_copy_may_be_written_into(shown: Shown, shown_history: Shown) -> None:
    assert shown_history.path != shown.path
    assert shown_history.calls == shown.calls
    with open_history(shown_history.path, drain=False) as reader:
        assert reader.ask("SELECT count(*) FROM calls").rows == [(len(shown.calls),)]

"""Rows of calls, asked of a history and as a person reads them."""

import json
from pathlib import Path
from typing import Any

import pytest

from driftgate.dashboards import calls
from driftgate.dashboards.calls import RECORDED, Span
from driftgate.dashboards.choice import Choice
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.record import Outcome
from tests.support.recorded_calls import REQUEST, Recording, call_id, record, small
from tests.support.rows_of_calls import ROW


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return small(tmp_path / "h.duckdb")


def ids(history: Path, choice: Choice, span: Span) -> list[str]:
    with open_history(history, drain=False) as reader:
        choice.check(reader)
        return [str(row["call_id"]) for row in calls.listed(reader, choice, span)]


def test_the_newest_come_first(recording: Recording) -> None:
    recording.add(record(9))
    recording.add(record(5))
    assert ids(recording.path, Choice.of({}), Span(2)) == [str(call_id(9)), str(call_id(5))]
    in_order = ids(recording.path, Choice.of({}), Span(1, order=RECORDED))
    assert in_order == [str(call_id(5))]


def test_filters_choose_whole_texts_although_rows_carry_their_beginnings(
    recording: Recording,
) -> None:
    long = [{"role": "user", "content": "x" * 500 + " zebra"}]
    recording.add(record(7, request_body=json.dumps({**REQUEST, "messages": long}).encode()))
    assert ids(recording.path, Choice.of({"text": "ZEBRA"}), Span(9)) == [str(call_id(7))]
    assert ids(recording.path, Choice.of({"where": "input_text LIKE '%zebra'"}), Span(9)) == [
        str(call_id(7))
    ]
    with open_history(recording.path, drain=False) as reader:
        (row,) = calls.listed(reader, Choice.of({"text": "zebra"}), Span(9))
    assert len(row["input_text"]) == calls.CUT


def test_what_failed_is_chosen_whether_by_outcome_status_or_verdict(recording: Recording) -> None:
    recording.add(record(7, status=500), record(8, outcome=Outcome.CLIENT_GONE))
    failing = ids(recording.path, Choice.of({"failing": "yes"}), Span(9))
    assert failing[:2] == [str(call_id(8)), str(call_id(7))]
    assert str(call_id(1)) in failing


def test_only_costly_filters_look_at_a_part_and_only_of_a_long_history() -> None:
    text, plain = Choice.of({"text": "a"}), Choice.of({"model": "a"})
    assert calls.floor(text, calls.SEARCHED + 7, everything=False) == 7
    assert calls.floor(text, calls.SEARCHED + 7, everything=True) == -1
    assert calls.floor(text, calls.SEARCHED - 1, everything=False) == -1
    assert calls.floor(plain, calls.SEARCHED * 9, everything=False) == -1


def test_the_floor_is_a_floor(recording: Recording) -> None:
    with open_history(recording.path, drain=False) as reader:
        last = calls.newest(reader)
        assert calls.listed(reader, Choice.of({}), Span(9, floor=last)) == []
        assert len(calls.listed(reader, Choice.of({}), Span(9, floor=last - 1))) == 1


def test_an_empty_history_has_no_newest_call(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "h.duckdb")
    recording.add()
    with open_history(recording.path, drain=False) as reader:
        assert calls.newest(reader) == -1
        assert calls.lately(reader, Choice.of({}), -1)["calls"] == 0
        assert calls.known(reader) == {"model": [], "upstream": [], "contract": []}


def test_names_to_choose_from_are_those_of_the_history(recording: Recording) -> None:
    with open_history(recording.path, drain=False) as reader:
        known = calls.known(reader)
    assert known["upstream"] == ["local"]
    assert known["model"] == ["gemma4", "other"]


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({}, ("200", "good")),
        ({"status": 503}, ("503", "bad")),
        ({"status": None}, ("completed", "good")),
        ({"outcome": "upstream_reset"}, ("upstream reset", "bad")),
        ({"outcome": "client_gone"}, ("client gone", "warn")),
    ],
)
def test_a_row_says_what_became_of_it(columns: dict[str, Any], state: tuple[str, str]) -> None:
    assert calls.shown({**ROW, **columns})["state"] == state


def test_a_row_says_what_it_took() -> None:
    took = {"attempts": 3, "repairs": 1, "fallback": "big/gemma", "retry_number": 2}
    assert calls.tries({**ROW, **took}) == [
        "3 attempts",
        "repaired",
        "by big/gemma",
        "client's retry 2",
    ]
    assert calls.tries(ROW) == []


def test_an_inner_call_is_told_from_one_that_goes_on() -> None:
    assert not calls.shown(ROW)["inner"]
    assert calls.shown({**ROW, "parent_call_id": call_id(2)})["inner"]
    assert not calls.shown({**ROW, "parent_call_id": call_id(2), "continued": True})["inner"]


def test_a_session_whose_name_was_cut_has_no_link() -> None:
    assert calls.shown({**ROW, "session_id": "s" * calls.CUT})["session"] == ""
    assert calls.shown({**ROW, "session_id": "s"})["session"] == "s"


def test_where_nothing_was_asked_in_words_the_path_stands() -> None:
    assert calls.shown(ROW)["question"] == "POST /v1/x"

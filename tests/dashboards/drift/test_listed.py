"""The list of runs."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from driftgate.dashboards.drift.listed import Wanted, found, line, table
from driftgate.dashboards.drift.state import State
from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.reader import open_history
from tests.support.shown import Shown

AT = datetime.fromisoformat("2026-11-01T12:00:00")
PLAIN = {"run_id": "0190", "started_at": AT, "kind": "gate", "name": None, "selection": "some"}


def row(**more: Any) -> dict[str, Any]:
    told = {"cases": 40, "k": 2, "baseline": "{}", "candidate": '{"model": "m"}'}
    decided = {"verdict": "pass", "sentence": "Pass: all is well.", "finished_at": None}
    return {**PLAIN, **told, **decided, **more}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, Wanted()),
        (
            {"kind": "gate", "verdict": "drift", "q": " m ", "page": "3"},
            Wanted("gate", "drift", "m", 3),
        ),
        ({"kind": "", "verdict": "", "q": "", "page": ""}, Wanted()),
    ],
)
def test_an_address_says_what_is_wanted(query: dict[str, str], wanted: Wanted) -> None:
    assert Wanted.of(query) == wanted


@pytest.mark.parametrize("query", [{"verdict": "zzz"}, {"page": "x"}])
def test_what_an_address_cannot_ask_for_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="is n"):
        Wanted.of(query)


def test_a_line_says_who_was_tried_against_whom_and_what_came_of_it() -> None:
    told = line(row(finished_at=AT + timedelta(seconds=2)), State("pass", "good"), 0)
    assert (told.candidate, told.baseline) == ("m", "as recorded")
    assert (told.answers, told.took_ms, told.sentence) == ("40 x 2", 2000.0, "All is well.")
    assert told.done is None


def test_a_run_that_goes_on_says_how_far_it_is() -> None:
    told = line(row(verdict=None, sentence=None), State("running", "info", open=True), 16)
    assert told.done is not None
    assert (told.done.done, told.done.total) == (16, 160)


@pytest.mark.parametrize("text", [None, "", "[1]", "{", "[" * 100_000])
def test_a_configuration_that_cannot_be_read_says_nothing(text: str | None) -> None:
    assert table(text) == {}


def test_filters_leave_runs_out(shown: Shown) -> None:
    with open_history(shown.path, drain=False) as reader:

        def ids(kind: str = "", verdict: str = "", text: str = "") -> set[str]:
            wanted = Wanted(kind, verdict, text)
            return {each.id for each in found(reader, wanted, shown.path).lines}

        assert ids() == set(shown.runs.values())
        assert ids(verdict="undecided") == {shown.runs["running"]}
        assert shown.runs["drifted"] in ids(text="GEMMA4:27b")
        assert shown.runs["passed"] not in ids(text="GEMMA4:27b")
        assert ids(kind="shadow") == set()

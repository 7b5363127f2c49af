"""The page of one run, laid out."""

from pathlib import Path

import pytest

from driftgate.dashboards.drift.shown import CALLS, Read, read, report
from driftgate.dashboards.drift.shown import shown as layout
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history.reader import open_history
from tests.dashboards.drift.made import a_run
from tests.support.shown import Shown


def of(path: Path, run: str, page: int = 1) -> Read:
    with open_history(path, drain=False) as reader:
        return read(reader, run, path, page)


def test_what_was_decided_is_what_the_report_says(shown: Shown) -> None:
    found = layout(of(shown.path, shown.runs["drifted"]))
    assert found.view is not None
    assert found.view.word == "Drift"
    assert found.drawn["forests"]
    assert found.drawn["distributions"]
    assert len(found.view.pairs) > 0


def test_calls_that_got_worse_come_first(shown: Shown) -> None:
    found = of(shown.path, shown.runs["drifted"])
    told = [row["differs"] for row in found.cases]
    assert len(told) == CALLS
    assert found.more
    assert set(told) == {"worse"}
    rest = of(shown.path, shown.runs["drifted"], 2)
    assert "alike" in {row["differs"] for row in rest.cases}
    assert not rest.more


def test_a_run_without_a_verdict_says_how_far_it_is(shown: Shown) -> None:
    found = layout(of(shown.path, shown.runs["running"]))
    assert found.view is None
    assert found.read.state.open
    assert 0 < found.read.progress.share.done < found.read.progress.share.total == 160
    with open_history(shown.path, drain=False) as reader:
        assert report(reader, shown.runs["running"])[1] is None


def test_a_run_over_nothing_is_shown(shown_history: Shown) -> None:
    run = a_run(shown_history.path, [])
    assert of(shown_history.path, run.run_id).cases == []


def test_no_such_run_is_said(shown: Shown) -> None:
    with pytest.raises(NotFoundError, match="no run 'nope'"):
        of(shown.path, "nope")

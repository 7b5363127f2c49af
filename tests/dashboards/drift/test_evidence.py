"""What a run that goes on has shown already."""

from dataclasses import replace

from driftgate.dashboards.drift.evidence import AT_ONCE, _new, following
from driftgate.proxy.history.reader import open_history
from driftgate.replay import results
from tests.support.shown import Shown


def test_whole_cases_are_read_in_their_order_and_each_once(shown: Shown) -> None:
    with open_history(shown.path, drain=False) as reader:
        run = results.run(reader, shown.runs["drifted"])
        cases = following(reader, run, 0)
        rest = following(reader, run, len(cases) - 1)
        waiting = results.run(reader, shown.runs["running"])
        few = following(reader, waiting, 0)
    assert len(cases) == AT_ONCE
    assert [case.call_id for case in cases[:2]] == [shown["order_0"], shown["order_1"]]
    assert [case.call_id for case in rest] == [shown["order_39"]]
    assert len(few) < 5  # those before the first one that waits for an answer


def test_a_broken_margin_is_shown_before_the_end(shown: Shown) -> None:
    with open_history(shown.path, drain=False) as reader:
        run = results.run(reader, shown.runs["drifted"])
        cases = following(reader, run, 0)
    found = _new(run)
    assert found is not None
    found.take(cases[:4])
    assert (found.seen, found.why) == (4, None)
    for again in range(10):  # as many sessions as it takes
        found.take([replace(case, session=f"{case.session} {again}") for case in cases])
    assert found.why is not None
    assert "is shown to be beyond its margin of 15 points" in found.why


def test_of_other_kinds_and_policies_of_others_there_is_none(shown: Shown) -> None:
    with open_history(shown.path, drain=False) as reader:
        run = results.run(reader, shown.runs["drifted"])
    assert _new(replace(run, kind="watch")) is None
    assert _new(replace(run, policy={"margins": "unreadable"})) is None

"""Findings as rows of a table."""

from dataclasses import replace

from driftgate.replay.decide.decision import Status
from driftgate.replay.report.rows import gates, moved, row, split
from tests.replay.report.made import INFORMS, LATENCY, MOVED, STAYED, finding


def test_every_cell_has_its_unit() -> None:
    made = row(finding())
    assert (made.metric, made.slice, made.n) == ("contract pass", "all cases", "300")
    assert (made.baseline, made.candidate) == ("97.3 %", "91.7 %")
    assert (made.effect, made.interval, made.margin) == (
        *("-5.6 points", "-8.3 to -2.9 points", "2 points"),
    )
    assert (made.p, made.flips, made.word) == ("< 0.001", "21 / 4", "drift")


def test_a_ratio_is_percent_of_values_in_their_own_unit() -> None:
    made = row(LATENCY)
    assert (made.baseline, made.effect, made.margin) == ("2,110 ms", "+5.7 %", "10 %")


def test_what_was_not_measured_has_no_figures_but_its_reason() -> None:
    empty = finding(
        baseline=None, candidate=None, effect=None, low=None, high=None, p=None, p_adjusted=None
    )
    made = row(replace(empty, status=Status.INFO))
    assert {made.baseline, made.effect, made.interval, made.p} == {"-"}
    assert made.telling
    assert not row(INFORMS).telling


def test_what_informs_does_not_gate() -> None:
    assert [gates(each) for each in (finding(), LATENCY, INFORMS)] == [True, True, False]


def test_a_slice_moved_when_it_drifted_or_its_interval_surely_leaves_zero() -> None:
    assert moved(finding(slice="a=b"))
    assert moved(MOVED)
    assert moved(replace(MOVED, effect=0.19, low=0.11, high=0.27))
    assert not moved(replace(MOVED, p_adjusted=0.2))
    assert moved(replace(MOVED, p_adjusted=0.08), 0.1)
    assert not moved(STAYED)
    assert not moved(replace(MOVED, low=None))


def test_what_does_not_gate_is_worse_or_better_where_it_surely_moved() -> None:
    assert [row(each).word for each in (INFORMS, MOVED, STAYED)] == ["worse", "worse", "info"]
    up = replace(MOVED, effect=0.19, low=0.11, high=0.27)
    assert (row(up).word, row(up).tone, row(up).status) == ("better", "better", "info")
    assert row(finding()).tone == "drift"


def test_slices_that_drifted_come_first_then_the_surest() -> None:
    drifted = finding(slice="a=b", p_adjusted=0.04)
    surer = replace(MOVED, slice="c=d", p_adjusted=0.0001)
    yes, no = split([row(each) for each in (STAYED, MOVED, surer, drifted)])
    assert [each.slice for each in yes] == ["a=b", "c=d", "contract=summarize"]
    assert [each.slice for each in no] == ["dialect=chat"]


def test_of_a_spread_that_only_rounding_left_nothing_is_detectable() -> None:
    assert row(finding(minimal=3e-17)).minimal == "-"
    assert row(finding()).minimal == "3.0 points"

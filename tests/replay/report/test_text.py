"""A report for a terminal."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.replay.decide.decision import GateVerdict
from driftgate.replay.report.columns import width
from driftgate.replay.report.report import Format, render
from tests.replay.report.made import health, hostile, poisoned, report, worst

ESCAPES = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")


def test_it_begins_with_the_verdict_and_holds_every_section() -> None:
    text = render(report(), Format.TEXT)
    assert text.startswith("Drift: contract pass rate fell by 5.6 points, beyond its margin")
    titles = [line for line in text.splitlines() if re.fullmatch(r"[A-Z][a-z ]+", line)]
    assert titles == [
        "Health of the measurement",
        "Metrics",
        "Slices that moved",
        "Worst pairs",
        "Differences of configuration",
        "What this can and cannot say",
        "To have it again",
    ]


def test_a_metric_is_a_row_and_a_broken_one_has_its_reason_below() -> None:
    lines = render(report(), Format.TEXT).splitlines()
    row = next(line for line in lines if line.startswith("contract pass "))
    assert row.split() == [
        *("contract", "pass", "drift", "97.3", "%", "91.7", "%", "-5.6", "points"),
        *("-8.3", "to", "-2.9", "points", "2", "points"),
    ]
    assert "contract pass: contract pass rate 91.7 % against 97.3 %: beyond its margin" in "".join(
        lines
    )


def test_a_pair_is_shown_as_a_diff() -> None:
    lines = render(report(), Format.TEXT).splitlines()
    assert '   -   "mood": "good",' in lines
    assert '   +   "mood": "bad",' in lines


def test_many_pairs_and_long_diffs_are_counted_instead() -> None:
    long = {"baseline": "a\n" * 100, "candidate": "b\n" * 100}
    text = render(report(pairs=[worst(each % 9, shown=long) for each in range(8)]), Format.TEXT)
    assert "   @ 177 more lines (driftgate replay diff shows all)" in text
    assert "and 3 more (--format html shows all)" in text


def test_nothing_is_bold_unless_asked() -> None:
    assert "\x1b" not in render(report(), Format.TEXT)
    bold = render(report(), Format.TEXT, bold=True)
    assert bold.startswith("\x1b[1mDrift: ")
    assert "\n\x1b[1mMetrics\x1b[0m\n" in bold


def test_a_gate_that_could_not_check_says_why() -> None:
    made = report(
        verdict=GateVerdict.COULD_NOT_CHECK,
        findings=[],
        slices=[],
        pairs=[],
        health=health(problems=["the candidate refused every connection"]),
    )
    text = render(made, Format.TEXT)
    assert text.startswith("Could not check: ")
    assert "the candidate refused every connection" in text
    assert "\nMetrics\n" not in text


@given(hostile, st.sampled_from([60, 80, 120]))
@settings(max_examples=30)
def test_nothing_of_strangers_reaches_the_terminal_raw_or_overruns_it(text: str, room: int) -> None:
    told = render(poisoned(text), Format.TEXT, room=room)
    assert not ESCAPES.search(told)
    assert max(width(line) for line in told.split("\n")) <= room

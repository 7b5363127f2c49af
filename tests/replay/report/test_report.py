"""A report in all its formats."""

import pytest

from driftgate.replay.decide.decision import GateVerdict
from driftgate.replay.report.report import Format, render
from tests.replay.report.made import report


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("verdict", list(GateVerdict))
def test_every_verdict_is_told_in_every_format(form: Format, verdict: GateVerdict) -> None:
    text = render(report(verdict=verdict), form)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "contract pass rate fell by 5.6 points" in text
    assert verdict.value in text.lower().replace("could not check", "could_not_check")


@pytest.mark.parametrize("form", list(Format))
def test_a_decision_on_nothing_is_told_too(form: Format) -> None:
    empty = report(findings=[], slices=[], pairs=[], samples={}, policy={})
    assert "contract pass rate fell" in render(empty, form)


@pytest.mark.parametrize("form", list(Format))
def test_the_same_report_is_the_same_text(form: Format) -> None:
    assert render(report(), form) == render(report(), form)


@pytest.mark.parametrize("form", [each for each in Format if each is not Format.JSON])
def test_intervals_are_called_by_the_level_that_the_policy_asks_for(form: Format) -> None:
    text = render(report(policy={"alpha": 0.1}), form)
    assert "90 % interval" in text
    assert "95 % interval" not in text
    assert "95 % interval" in render(report(), form)

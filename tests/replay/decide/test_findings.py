"""Findings: held against margins, all together."""

import numpy as np
import pytest

from driftgate.replay.decide.decision import Finding, Status
from driftgate.replay.decide.effect import effect_of
from driftgate.replay.decide.findings import Draft, settled, weights
from driftgate.replay.decide.metrics import metric
from driftgate.replay.decide.paired import Paired


def draft(name: str, lost: int, n: int, margin: float | None, *, gained: int = 0) -> Draft:
    """So many cases are lost and gained of n."""
    before = np.ones(n)
    before[n - gained :] = 0
    after = np.ones(n)
    after[:lost] = 0
    places = np.arange(n)
    found = Paired(metric(name), places, places, before, after)
    return Draft(found.metric, effect_of(found, 0.95, 1), margin)


def of(*drafts: Draft) -> list[Finding]:
    return [each.finding for each in settled(drafts, 0.05)]


@pytest.mark.parametrize(
    ("lost", "n", "status"),
    [
        (0, 300, Status.PASS),
        (0, 20, Status.INCONCLUSIVE),
        (1, 20, Status.INCONCLUSIVE),
        (6, 300, Status.INCONCLUSIVE),
        (30, 300, Status.DRIFT),
        (300, 300, Status.DRIFT),
    ],
)
def test_the_interval_and_its_margin_say_which(lost: int, n: int, status: Status) -> None:
    (found,) = of(draft("contract_pass", lost, n, 0.02))
    assert found.status is status
    assert (found.needed is None) is (status is not Status.INCONCLUSIVE or lost == 6)
    assert (found.worse, found.improved) == (lost, 0)


def test_what_is_better_passes() -> None:
    (found,) = of(draft("contract_pass", 0, 300, 0.02, gained=60))
    assert found.status is Status.PASS
    assert found.effect == pytest.approx(0.2)


def test_more_tests_make_drift_harder_to_say_and_passing_no_easier() -> None:
    alone = draft("tool_agreement", 11, 200, 0.02)
    (found,) = of(alone)
    others = [draft(name, 0, 200, 0.02) for name in ("served", "json_agreement", "text_agreement")]
    among = of(alone, *others)
    assert found.status is Status.INCONCLUSIVE or found.p == among[0].p
    assert among[0].p == found.p
    assert among[0].p_adjusted == pytest.approx(4 * (found.p or 0))
    assert [each.status for each in among[1:]] == [Status.PASS] * 3


def test_what_is_beyond_its_margin_but_among_many_is_told_how_many_more_cases_it_takes() -> None:
    others = [draft(f"agreement:{i}", 0, 200, 0.02) for i in range(40)]
    (alone, *_), (among, *_) = (
        of(draft("served", 13, 200, 0.02)),
        of(draft("served", 13, 200, 0.02), *others),
    )
    assert (alone.status, among.status) == (Status.DRIFT, Status.INCONCLUSIVE)
    assert among.needed is not None
    assert among.needed > 300
    assert (among.minimal or 0) > (alone.minimal or 0)


def test_the_contract_pass_rate_has_half_of_alpha() -> None:
    first, served, tools = ("contract_pass", ""), ("served", ""), ("tool_agreement", "")
    one, other = ("contract_pass", "contract=a"), ("contract_pass", "contract=b")
    of_one = ("served", "contract=a")
    assert weights([first, one, other, served, of_one]) == [0.5, 0.125, 0.125, 0.125, 0.125]
    assert weights([first, served, tools]) == pytest.approx([0.8, 0.1, 0.1])
    assert weights([served, tools]) == [0.5, 0.5]
    assert weights([first]) == [1.0]


def test_many_contracts_do_not_take_its_power_from_a_metric_of_all_cases() -> None:
    alone = [("contract_pass", ""), ("served", "")]
    parts = [(name, f"contract={i}") for i in range(50) for name in ("contract_pass", "served")]
    assert weights([*alone, *parts])[1] == 0.125


def test_what_has_no_margin_informs() -> None:
    first, second = of(draft("contract_pass", 12, 100, None), draft("served", 0, 100, None))
    assert (first.status, second.status) == (Status.INFO, Status.INFO)
    assert first.p == pytest.approx(2 / 2**12)
    assert first.p_adjusted == pytest.approx(2 * 2 / 2**12)
    assert first.margin is None
    assert first.minimal is not None


def test_a_test_of_its_own_decides_by_its_p_alone() -> None:
    made = draft("contract_pass", 12, 100, 0.0)
    for p, status in ((0.001, Status.DRIFT), (0.2, Status.INCONCLUSIVE)):
        (found,) = of(Draft(made.metric, made.effect, 0.0, p=p))
        assert found.status is status


def test_a_metric_that_no_case_has_is_not_shown_to_hold() -> None:
    (found,) = of(Draft(metric("contract_pass"), None, 0.02))
    assert found.status is Status.INCONCLUSIVE
    assert found.n == 0
    assert "no case has it" in found.reason


def test_needed_counts_cases_of_the_whole_selection() -> None:
    made = draft("contract_pass", 0, 50, 0.02)
    (alone,) = of(made)
    (half,) = of(Draft(made.metric, made.effect, 0.02, scale=2.0))
    assert half.needed == 2 * (alone.needed or 0)


def test_the_reason_is_a_sentence_with_its_figures() -> None:
    (found,) = of(draft("contract_pass", 30, 300, 0.02))
    assert found.reason == (
        "contract pass rate 90 % against 100 %: 10 points lower (95 % interval 6.4 to 13.4 points "
        "lower) over 300 cases, 30 worse and 0 better; beyond its margin of 2 points"
    )

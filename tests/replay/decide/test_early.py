"""Watching a run: when it may stop, and why."""

from collections.abc import Iterable

import pytest

from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.early import Watch
from driftgate.replay.decide.policy import Policy
from tests.replay.decide.made import answer, called, case, compare, passing

B, C = Arm.BASELINE, Arm.CANDIDATE


def end(cases: Iterable[Case], **policy: object) -> tuple[int, str | None]:
    """After how many cases it says why."""
    watch, number = Watch(Policy.model_validate(policy), compare), 0
    for each in cases:
        watch.add(each)
        number += 1
        if watch.why():
            break
    return number, watch.why()


def broken(n: int, every: int) -> list[Case]:
    return [case(i, [answer(B)] * 2, [answer(C, ok=i % every > 0)] * 2) for i in range(n)]


def test_a_contract_that_broke_ends_the_run() -> None:
    number, why = end(broken(600, 4))
    assert 20 < number < 150
    assert why == (
        f"contract pass rate is shown to be beyond its margin of 2 points after {number - 4} sessions"
    )


def test_margins_that_are_shown_to_be_kept_end_it() -> None:
    number, why = end(passing(1000, {B: 1.0}))
    assert 100 < number < 400
    assert why == f"every margin is shown to be kept after {number - 4} sessions"


def test_it_is_not_ended_while_another_metric_looks_worse() -> None:
    def tools() -> Iterable[Case]:
        for i in range(450):
            other = "2" if i % 20 == 0 else "1"
            yield case(i, [called(B, "1")] * 2, [called(C, other)] * 2)

    assert end(tools()) == (450, None)
    assert end(tools(), ignore={"metrics": ["tool_agreement"]})[1] is not None


def test_before_the_fewest_cases_nothing_is_said() -> None:
    number, why = end(broken(600, 1), minimum=200)
    assert number == 200
    assert why is not None


def test_a_session_counts_once_and_what_comes_after_its_end_does_not() -> None:
    one = [case(i, [answer(B)] * 2, [answer(C, ok=False)] * 2, session="s") for i in range(500)]
    assert end(one) == (500, None)
    others = passing(10, {B: 1.0})
    watch = Watch(Policy(minimum=1), compare)
    for each in [one[0], *others, *one[1:]]:
        watch.add(each)
    assert watch.why() is None


def test_what_is_ignored_does_not_end_it() -> None:
    calls = [each.call_id for each in broken(600, 4)]
    assert end(broken(600, 4), ignore={"calls": calls}) == (600, None)


def test_a_margin_of_all_that_there_is_is_kept() -> None:
    why = end(broken(200, 2), margins={"contract_pass": 1.0, "served": 1.0})[1]
    assert why is not None
    assert why.startswith("every margin is shown to be kept after ")


def test_a_ratio_that_must_be_kept_lets_it_end_for_drift_alone() -> None:
    assert end(passing(1000, {B: 1.0}), margins={"latency_p95": 0.1})[1] is None
    assert end(broken(600, 3), margins={"latency_p95": 0.1})[1] is not None


@pytest.mark.slow
def test_watching_a_run_without_a_change_ends_it_wrongly_at_most_as_often_as_alpha() -> None:
    """200 runs of 200 cases, looked at after each; pass rates of 95 %."""
    ends = [
        end(passing(200, {B: 0.95}, seed=seed, timed=False), margins={"contract_pass": 0.0})
        for seed in range(200)
    ]
    assert sum(why is not None and "beyond" in why for _, why in ends) <= 10

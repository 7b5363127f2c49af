"""Deciding as a whole."""

import json

import pytest

from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.decide import decide
from driftgate.replay.decide.decision import Decision, Finding, GateVerdict, Status, of_json
from driftgate.replay.decide.policy import Policy
from driftgate.sim.versions import VERSIONS
from tests.replay.decide.made import answer, case, compare, passing, simulated

B, C, R = Arm.BASELINE, Arm.CANDIDATE, Arm.RECORD
V1, V2 = VERSIONS["gemma4-sim:v1"], VERSIONS["gemma4-sim:v2"]


def of(cases: list[Case], k: int = 2, stopped: str | None = None, **policy: object) -> Decision:
    made = Policy.model_validate({"permutations": 99, **policy})
    return decide(cases, made, compare=compare, k=k, seed=1, stopped=stopped)


def finding(decision: Decision, metric: str) -> Finding:
    return next(each for each in decision.findings if each.metric == metric)


def test_a_version_against_itself_passes_and_another_drifts_by_its_contract() -> None:
    same, changed = of(simulated(300, V1, V1, seed=2)), of(simulated(300, V1, V2, seed=2))
    assert same.verdict is GateVerdict.PASS
    assert changed.verdict is GateVerdict.DRIFT
    assert changed.sentence.startswith("Drift: contract `classify` passes ")
    assert changed.slices[0].slice == "contract=classify"
    assert changed.pairs[0].slices["contract"] == "classify"
    assert finding(changed, "violation:enum").status is Status.INFO


def test_a_decision_comes_back_from_json_of_plain_numbers() -> None:
    decision = of(simulated(60, V1, V2, seed=3))
    text = json.dumps(decision.as_json(), allow_nan=False)
    assert of_json(json.loads(text)) == decision


def test_the_same_cases_and_seed_decide_the_same() -> None:
    cases = simulated(60, V1, V2, seed=4)
    assert of(cases) == of(cases)


def test_twenty_cases_without_any_difference_are_no_drift() -> None:
    found = of(passing(20, {B: 1.0}))
    assert found.verdict is GateVerdict.INCONCLUSIVE
    assert found.needed is not None
    assert 130 < found.needed < 150
    assert of(passing(found.needed, {B: 1.0})).verdict is GateVerdict.PASS


@pytest.mark.parametrize("n", [1, 2, 19])
def test_fewer_than_the_fewest_are_not_judged(n: int) -> None:
    assert of(passing(n, {B: 1.0})).verdict is GateVerdict.COULD_NOT_CHECK


def test_one_answer_of_each_arm_is_enough_for_what_needs_no_noise_floor() -> None:
    found = of(passing(300, {B: 1.0}, k=1), k=1)
    assert found.verdict is GateVerdict.PASS
    assert found.health.noise_floor is None
    assert {"answers", "text_agreement"}.isdisjoint(each.metric for each in found.findings)


def test_a_baseline_that_moved_since_the_record_is_told() -> None:
    moved = [
        case(i, [answer(B, "a")] * 2, [answer(C, "a")] * 2, [answer(R, "a" if i % 2 else "b")])
        for i in range(60)
    ]
    found = of(moved)
    assert found.health.moved == [
        "answers: the baseline agrees with the record in 50 %, and with itself in 100 %"
    ]
    assert of(passing(60, {B: 1.0})).health.moved == []


def test_what_is_ignored_does_not_count() -> None:
    cases = [
        *passing(200, {B: 1.0}, contract="good"),
        *(
            case(900 + i, [answer(B)] * 2, [answer(C, ok=False)] * 2, contract="bad")
            for i in range(90)
        ),
    ]
    assert of(cases).verdict is GateVerdict.DRIFT
    assert of(cases, ignore={"contracts": ["bad"]}).verdict is GateVerdict.PASS
    calls = [f"call-{900 + i}" for i in range(90)]
    assert of(cases, ignore={"calls": calls}).verdict is GateVerdict.PASS
    assert of(cases, ignore={"metrics": ["contract_pass"]}).verdict is GateVerdict.PASS


def test_a_run_that_was_ended_is_judged_by_what_it_came_to_the_end_of() -> None:
    cut = [*passing(200, {B: 1.0}), *(case(500 + i, [answer(B)]) for i in range(100))]
    assert of(cut).verdict is GateVerdict.COULD_NOT_CHECK
    found = of(cut, stopped="the budget of 5 minutes is used up")
    assert found.verdict is GateVerdict.PASS
    assert (found.health.cases, found.health.planned) == (200, 600)
    assert found.stopped == "the budget of 5 minutes is used up"


def test_a_slower_candidate_gates_where_the_policy_names_it() -> None:
    cases = [
        case(
            i,
            [answer(B, total_ms=100.0 + i % 7)] * 2,
            [answer(C, total_ms=150.0 + i % 7)] * 2,
        )
        for i in range(200)
    ]
    assert of(cases).verdict is GateVerdict.PASS
    slow = of(cases, margins={"latency_p95": 0.1})
    assert slow.verdict is GateVerdict.DRIFT
    assert slow.sentence.startswith("Drift: p95 latency is 4")
    assert finding(slow, "latency_p95").unit == "ratio"


def test_the_minimal_effect_shrinks_with_more_cases() -> None:
    few, many = (finding(of(passing(n, {B: 0.9})), "contract_pass") for n in (50, 450))
    assert few.minimal is not None
    assert many.minimal is not None
    assert many.minimal - 0.02 == pytest.approx((few.minimal - 0.02) / 3, rel=0.25)

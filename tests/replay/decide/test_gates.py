"""Whole gates against versions of known difference, through the real decision.

The simulated model answers at a temperature above 0: two answers of one version differ in wording,
in confidence, and, where its habits say so, in keeping the contract.
"""

from collections import Counter

import pytest

from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.decide import decide
from driftgate.replay.decide.decision import Decision, GateVerdict
from driftgate.replay.decide.early import Watch
from driftgate.replay.decide.policy import Policy
from driftgate.replay.select.power import needed
from driftgate.sim.versions import Version
from tests.replay.decide.made import compare, passing, simulated

POLICY = Policy(permutations=99)
TICKETS = 2 / 3  # of the simulated cases have a contract that a version can break
CONTRACTS = ("classify", "route", "triage", "urgency")  # each an alarm, beside that of small talk
# Without margins nothing but chance is left between a model and an alarm.
STRICT = Policy(
    permutations=99,
    margins={"contract_pass": 0, "served": 0},
    alarms={"tool_agreement": 0, "json_agreement": 0},
)
MARGIN = POLICY.margins["contract_pass"]


def version(drop: float) -> Version:
    """One that fails its contract in so many of all answers."""
    return Version("made", "F16", 1, capitalised=drop / TICKETS)


def gate(
    cases: list[Case], seed: int, stopped: str | None = None, *, policy: Policy = POLICY
) -> Decision:
    return decide(cases, policy, compare=compare, k=2, seed=seed, stopped=stopped)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "a_session", "failing", "policy"),
    [(60, 1, 0.02, POLICY), (180, 3, 0.02, POLICY), (80, 2, 0.1, STRICT)],
)
def test_a_version_against_itself_is_called_drift_in_at_most_one_of_twenty_gates(
    n: int, a_session: int, failing: float, policy: Policy
) -> None:
    """200 A/A gates of five contracts, a share of all answers failing theirs by chance."""
    same, verdicts, gating = version(failing), Counter[GateVerdict](), set[str]()
    for seed in range(200):
        cases = simulated(n, same, same, seed=seed, a_session=a_session, contracts=CONTRACTS)
        found = gate(cases, seed, policy=policy)
        verdicts[found.verdict] += 1
        gating |= {each.slice for each in found.slices if each.margin is not None}
    assert gating == {f"contract={name}" for name in (*CONTRACTS, "builtin")}
    assert verdicts[GateVerdict.DRIFT] <= 10
    assert verdicts[GateVerdict.COULD_NOT_CHECK] == 0


@pytest.mark.slow
def test_a_model_that_keeps_its_contracts_passes_with_two_hundred_cases() -> None:
    """60 gates at a temperature above 0; at 400 cases nearly so with a failure in a hundred."""
    found = [gate(simulated(200, version(0), version(0), seed=s), s).verdict for s in range(60)]
    assert found.count(GateVerdict.PASS) >= 57
    rates = {Arm.BASELINE: 0.99}
    noisy = [gate(passing(400, rates, seed=s, timed=False), s).verdict for s in range(60)]
    assert noisy.count(GateVerdict.PASS) >= 51


@pytest.mark.slow
def test_a_drop_of_five_points_is_found_at_the_number_that_the_plan_names() -> None:
    """60 gates; the contract that broke is named in all that find it."""
    cases = needed(0.05, 0.05, margin=MARGIN, power=0.9, k=2)
    assert cases is not None
    found = [
        gate(simulated(cases, version(0), version(0.05), seed=seed, a_session=1), seed)
        for seed in range(60)
    ]
    drifted = [each for each in found if each.verdict is GateVerdict.DRIFT]
    assert len(drifted) >= 0.9 * len(found)
    assert all("contract `classify` passes " in each.sentence for each in drifted)


@pytest.mark.slow
def test_it_is_found_too_where_the_baseline_fails_by_chance() -> None:
    """40 gates at a pass rate of 93 %: the number that is named is larger, and enough."""
    flips = 0.05 + 2 * 0.93 * 0.07
    cases = needed(0.05, flips, margin=MARGIN, power=0.9, k=2)
    assert cases is not None
    rates = {Arm.BASELINE: 0.93, Arm.CANDIDATE: 0.88}
    found = [
        gate(passing(cases, rates, seed=seed, timed=False), seed).verdict for seed in range(40)
    ]
    assert found.count(GateVerdict.DRIFT) >= 36


@pytest.mark.slow
def test_a_run_that_is_watched_is_called_drift_no_more_often() -> None:
    """200 A/A runs of up to 80 cases, looked at after every case; where it may, the run ends."""
    same, verdicts = version(0.1), Counter[GateVerdict]()
    for seed in range(200):
        cases = simulated(80, same, same, seed=seed, contracts=CONTRACTS)
        watch, ran = Watch(STRICT, compare), 0
        for each in cases:
            watch.add(each)
            ran += 1
            if watch.why():
                break
        verdicts[gate(cases[:ran], seed, watch.why(), policy=STRICT).verdict] += 1
    assert verdicts[GateVerdict.DRIFT] <= 10


@pytest.mark.slow
def test_a_clear_drop_is_found_with_half_of_the_cases_where_the_run_is_watched() -> None:
    """30 runs of up to 461 cases, which the plan names for a drop of half the size."""
    ends = []
    for seed in range(30):
        cases = simulated(461, version(0), version(0.1), seed=seed, contracts=CONTRACTS)
        watch, ran = Watch(POLICY, compare), 0
        while not watch.why() and ran < len(cases):
            watch.add(cases[ran])
            ran += 1
        ends.append(ran)
        assert gate(cases[:ran], seed, watch.why()).verdict is GateVerdict.DRIFT
    assert sum(ends) <= 30 * 461 / 2

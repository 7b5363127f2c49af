"""Pairing: the cases that both arms have a value of, each with its means."""

import numpy as np

from driftgate.replay.arm import Arm
from driftgate.replay.decide.agreement import apart
from driftgate.replay.decide.metrics import metric
from driftgate.replay.decide.paired import numbered, paired
from tests.replay.decide.made import answer, case, compare, failed

B, C = Arm.BASELINE, Arm.CANDIDATE
CASES = [
    case(0, [answer(B), answer(B, ok=False)], [answer(C), answer(C)], session="s"),
    case(1, [answer(B)], [failed(C)], session="t"),
    case(2, [answer(B, "a"), answer(B, "a")], [answer(C, "b", ok=False)], session="s"),
]
FOUND = [apart(each, compare) for each in CASES]


def test_a_case_counts_where_both_arms_have_the_metric() -> None:
    found = paired(metric("contract_pass"), CASES, FOUND, numbered(CASES))
    assert found.cases.tolist() == [0, 2]
    assert found.sessions.tolist() == [0, 0]
    assert found.differences.tolist() == [0.5, -1.0]
    assert found.raw is not None
    assert found.raw[0].values.tolist() == [1, 0, 1, 1]
    assert found.raw[0].owners.tolist() == [0, 0, 1, 1]


def test_failing_counts_in_the_served_share() -> None:
    found = paired(metric("served"), CASES, FOUND, numbered(CASES))
    assert found.differences.tolist() == [0, -1, 0]


def test_agreement_is_held_against_its_noise_floor() -> None:
    found = paired(metric("text_agreement"), CASES, FOUND, numbered(CASES))
    assert found.cases.tolist() == [0, 2]
    assert (found.baseline.tolist(), found.candidate.tolist()) == ([1, 1], [1, 0])


def test_a_part_keeps_the_cases_that_it_shares() -> None:
    found = paired(metric("contract_pass"), CASES, FOUND, numbered(CASES))
    part = found.among(np.array([1, 2]))
    assert part.cases.tolist() == [2]
    assert part.differences.tolist() == [-1]


def test_a_metric_that_no_case_has_pairs_nothing() -> None:
    for name in ("latency_p95", "tool_agreement"):
        assert not len(paired(metric(name), CASES, FOUND, numbered(CASES)).cases)

"""Answers as a whole: how far apart, and by what chance."""

from random import Random

import numpy as np
import pytest

from driftgate.replay.arm import Arm
from driftgate.replay.decide.agreement import Apart, apart
from driftgate.replay.decide.answers import answers, record_agreement
from driftgate.replay.decide.policy import Policy
from tests.replay.decide.made import answer, case, compare

B, C, R = Arm.BASELINE, Arm.CANDIDATE, Arm.RECORD
FEW = Policy(permutations=499)


def distances(n: int, changed: float, seed: int = 1) -> list[Apart]:
    """Answers of three kinds by chance; a share of the cases has others in the candidate."""
    chance = Random(seed)
    made = []
    for number in range(n):
        new = chance.random() < changed
        baseline = [answer(B, chance.choice("abc")) for _ in range(2)]
        candidate = [answer(C, chance.choice("xyz" if new else "abc")) for _ in range(2)]
        made.append(apart(case(number, baseline, candidate, [answer(R, "a")]), compare))
    return made


def test_a_change_is_seen_and_none_is_not() -> None:
    changed = answers(distances(150, 0.5), np.arange(150), FEW, seed=1)
    same = answers(distances(150, 0.0), np.arange(150), FEW, seed=1)
    assert changed is not None
    assert same is not None
    assert changed.effect is not None
    assert changed.p == pytest.approx(1 / 500)
    assert changed.effect.interval.low > 0
    assert same.p is not None
    assert same.p > 0.05
    assert changed.effect.candidate - changed.effect.baseline == pytest.approx(
        changed.effect.interval.mean
    )


def test_it_gates_where_the_policy_says_so() -> None:
    found = distances(20, 1.0)
    informs = answers(found, np.arange(20), FEW, seed=1)
    gates = answers(found, np.arange(20), Policy(answers=True, permutations=999), seed=1)
    assert informs is not None
    assert gates is not None
    assert (informs.margin, gates.margin) == (None, 0.0)


def test_with_one_answer_of_an_arm_there_is_nothing_to_say() -> None:
    one = [apart(case(1, [answer(B)], [answer(C)] * 2), compare)]
    assert answers(one, np.arange(1), FEW, seed=1) is None


def test_the_record_is_paired_with_the_noise_floor() -> None:
    found = record_agreement(distances(50, 0.0), np.arange(50))
    assert len(found.cases) == 50
    assert found.metric.name == "record_agreement"
    assert 0 < found.candidate.mean() < 1

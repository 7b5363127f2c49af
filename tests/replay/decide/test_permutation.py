"""The energy test: blind where nothing changed, sharp where something did."""

import numpy as np
import pytest
from numpy.typing import NDArray

from driftgate.replay.decide.permutation import energy_test, statistics


def matrices(
    cases: int, k: int, changed: float, seed: int, kinds: int = 3
) -> list[NDArray[np.float64]]:
    """Of each case all distances (0 alike, 1 not) of 2k answers; a share of cases is changed."""
    chance = np.random.default_rng(seed)
    answers = chance.integers(kinds, size=(cases, 2 * k))
    answers[chance.random(cases) < changed, k:] += kinds
    return [(each[:, None] != each[None, :]).astype(float) for each in answers]


def test_the_statistic_is_that_of_the_definition() -> None:
    matrix = np.array([[0, 1, 2, 4], [1, 0, 3, 5], [2, 3, 0, 6], [4, 5, 6, 0]], dtype=float)
    found, _ = energy_test([matrix], [2], seed=0, permutations=10)
    assert found == pytest.approx(2 * (2 + 4 + 3 + 5) / 4 - 1 - 6)


def test_a_change_of_every_case_has_the_smallest_p() -> None:
    _, p = energy_test(matrices(60, 2, 1.0, seed=3), [2] * 60, seed=1, permutations=500)
    assert p == pytest.approx(1 / 501)


def test_answers_that_are_all_alike_have_p_one() -> None:
    assert energy_test([np.zeros((4, 4))] * 20, [2] * 20, seed=1, permutations=50) == (0, 1)


def test_arms_may_have_unequal_numbers_of_answers() -> None:
    mixed = [*matrices(20, 2, 0.0, seed=1), *(each[:5, :5] for each in matrices(20, 3, 0.0, 2))]
    _, p = energy_test(mixed, [2] * 20 + [3] * 20, seed=1, permutations=200)
    assert 0.01 < p <= 1


def test_arrangements_that_are_drawn_and_labels_that_are_shuffled_say_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stack = matrices(40, 2, 0.1, seed=6)
    statistic, drawn = energy_test(stack, [2] * 40, seed=1, permutations=4000)
    monkeypatch.setattr("driftgate.replay.decide.permutation._ARRANGEMENTS", 1)
    again, shuffled = energy_test(stack, [2] * 40, seed=1, permutations=4000)
    assert again == statistic
    assert shuffled == pytest.approx(drawn, abs=0.03)


def test_the_statistic_of_all_is_the_mean_of_those_of_the_cases() -> None:
    stack = matrices(30, 2, 0.2, seed=7)
    found, _ = energy_test(stack, [2] * 30, seed=1, permutations=10)
    assert statistics(stack, [2] * 30).mean() == pytest.approx(found)


@pytest.mark.slow
def test_without_a_change_small_p_values_are_as_rare_as_they_say() -> None:
    found = [
        energy_test(matrices(50, 2, 0.0, seed), [2] * 50, seed=seed, permutations=199)[1]
        for seed in range(300)
    ]
    assert np.mean([p <= 0.05 for p in found]) <= 0.085  # 0.05 and three standard errors


def test_nothing_to_compare_is_told() -> None:
    with pytest.raises(ValueError, match="at least one case"):
        energy_test([], [], seed=0)

"""Whether answers as a whole changed: the energy test, its labels permuted within each case.

The statistic is the mean over the cases of 2 E d(B, C) - E d(B, B') - E d(C, C'), d a distance
between two answers (G. Szekely, M. Rizzo, "Energy statistics", J. Stat. Plan. Inference 143, 2013).
Answers to one case can be exchanged between the arms if nothing changed, so labels are permuted
within each case (stratified; P. Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses").
I. Gao and others, arXiv 2410.20247, find so which model endpoints differ from their reference.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

PERMUTATIONS = 2000
_TOLERANCE = 1e-12  # sums of the same distances in another order


def energy_test(
    distances: Sequence[Matrix],
    sizes: Sequence[int],
    *,
    seed: int,
    permutations: int = PERMUTATIONS,
) -> tuple[float, float]:
    """The statistic and its p value, (1 + as extreme) / (1 + permutations).

    Args:
        distances: of each case, all answers against all: symmetric, zeros in the diagonal, the
            baseline's answers first; each arm with at least two answers.
        sizes: of each case, how many of its answers are the baseline's.
        seed: of the permutations.
        permutations: how many.

    Raises:
        ValueError: there is no case.
    """
    if not distances:
        raise ValueError("at least one case")
    chance = np.random.default_rng(seed)
    own, permuted = 0.0, np.zeros(permutations)
    groups: dict[tuple[int, int], list[Matrix]] = {}
    for matrix, size in zip(distances, sizes, strict=True):
        groups.setdefault((len(matrix), size), []).append(matrix)
    for (total, size), members in groups.items():
        stack = np.stack(members)
        own += float(_statistic(stack, _labels(total, size, len(members))).sum())
        for turn in range(permutations):
            order = chance.random((len(members), total)).argsort(axis=1)
            permuted[turn] += _statistic(stack, order < size).sum()
    extreme = int((permuted >= own - _TOLERANCE * max(1.0, abs(own))).sum())
    return own / len(distances), (1 + extreme) / (1 + permutations)


def _labels(total: int, size: int, cases: int) -> NDArray[np.bool_]:
    return np.broadcast_to(np.arange(total) < size, (cases, total))


def _statistic(
    stack: NDArray[np.float64],
    is_baseline: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Of each case. stack: (cases, answers, answers); is_baseline: (cases, answers)."""
    b = is_baseline.astype(float)
    c = 1.0 - b
    of_b = np.einsum("nij,nj->ni", stack, b)
    within_b = np.einsum("ni,ni->n", of_b, b)
    across = np.einsum("ni,ni->n", of_b, c)
    within_c = np.einsum("ni,nij,nj->n", c, stack, c, optimize=False)
    size_b, size_c = b.sum(axis=1), c.sum(axis=1)
    found: NDArray[np.float64] = (
        2 * across / (size_b * size_c)
        - within_b / (size_b * (size_b - 1))
        - within_c / (size_c * (size_c - 1))
    )
    return found

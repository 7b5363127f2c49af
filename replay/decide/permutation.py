"""Whether answers as a whole changed: the energy test, its labels permuted within each case.

The statistic is the mean over the cases of 2 E d(B, C) - E d(B, B') - E d(C, C'), d a distance
between two answers (G. Szekely, M. Rizzo, "Energy statistics", J. Stat. Plan. Inference 143, 2013).
Answers to one case can be exchanged between the arms if nothing changed, so labels are permuted
within each case (stratified; P. Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses").
I. Gao and others, arXiv 2410.20247, find so which model endpoints differ from their reference.
"""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

PERMUTATIONS = 2000
_ARRANGEMENTS = 1000  # of labels; k = 6 of each arm has 924
_AT_ONCE = 1_000_000  # draws held in memory
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
    for (total, size), places in _groups(distances, sizes).items():
        stack = np.stack([distances[place] for place in places])
        own += float(_statistic(stack, _labels(total, size, len(places))).sum())
        few = math.comb(total, size) <= _ARRANGEMENTS
        permuted += (_drawn if few else _shuffled)(stack, size, permutations, chance)
    extreme = int((permuted >= own - _TOLERANCE * max(1.0, abs(own))).sum())
    return own / len(distances), (1 + extreme) / (1 + permutations)


def statistics(distances: Sequence[Matrix], sizes: Sequence[int]) -> NDArray[np.float64]:
    """The statistic of each case; arguments as those of `energy_test`."""
    found = np.zeros(len(distances))
    for (total, size), places in _groups(distances, sizes).items():
        stack = np.stack([distances[place] for place in places])
        found[places] = _statistic(stack, _labels(total, size, len(places)))
    return found


def _groups(distances: Sequence[Matrix], sizes: Sequence[int]) -> dict[tuple[int, int], list[int]]:
    """(answers, of them the baseline's) -> the places of the cases that have so many."""
    groups: dict[tuple[int, int], list[int]] = {}
    for place, (matrix, size) in enumerate(zip(distances, sizes, strict=True)):
        groups.setdefault((len(matrix), size), []).append(place)
    return groups


def _drawn(
    stack: Matrix, size: int, permutations: int, chance: np.random.Generator
) -> NDArray[np.float64]:
    """Of each permutation the sum over the cases: every arrangement is worked out once and drawn."""
    total = stack.shape[1]
    labels = np.zeros((math.comb(total, size), total), dtype=bool)
    for row, chosen in enumerate(combinations(range(total), size)):
        labels[row, list(chosen)] = True
    all_of = np.stack(
        [_statistic(stack, np.broadcast_to(each, stack.shape[:2])) for each in labels]
    )
    same = np.ptp(all_of, axis=0) <= _TOLERANCE  # however it is labelled: nothing to draw
    found = np.full(permutations, float(all_of[0, same].sum()))
    open_ = np.ascontiguousarray(all_of[:, ~same].T)
    count = len(open_)
    rows = max(1, _AT_ONCE // max(count, 1))
    for start in range(0, permutations if count else 0, rows):
        turns = min(rows, permutations - start)
        drawn = chance.integers(len(labels), size=(turns, count), dtype=np.uint16)
        found[start : start + turns] += open_[np.arange(count), drawn].sum(axis=1)
    return found


def _shuffled(
    stack: Matrix, size: int, permutations: int, chance: np.random.Generator
) -> NDArray[np.float64]:
    """As `_drawn`, where there are too many arrangements to work out."""
    found, shape = np.zeros(permutations), stack.shape[:2]
    for turn in range(permutations):
        order = chance.random(shape).argsort(axis=1)
        found[turn] = _statistic(stack, order < size).sum()
    return found


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

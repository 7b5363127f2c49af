"""Answers as a whole: how far the arms are apart beyond what lies within each, and by what chance.

The effect is half of the energy statistic of permutation.py: the mean distance of the arms' answers
minus that of answers of one arm. Its p is that of the permutations within each case.
"""

from collections.abc import Sequence

import numpy as np

from driftgate.replay.decide.agreement import WHOLE, Apart
from driftgate.replay.decide.effect import Effect
from driftgate.replay.decide.findings import Draft
from driftgate.replay.decide.intervals import mean_difference
from driftgate.replay.decide.mcnemar import Flips
from driftgate.replay.decide.metrics import ANSWERS, RECORD, Metric
from driftgate.replay.decide.paired import Floats, Paired, Places
from driftgate.replay.decide.permutation import energy_test, statistics
from driftgate.replay.decide.policy import Policy

_PAIR = 2  # answers that an arm needs to be held against itself


def answers(
    found: Sequence[Apart], sessions: Places, policy: Policy, seed: int, metric: Metric = ANSWERS
) -> Draft | None:
    """The finding; None where no case has two answers of each arm.

    Args:
        found: the distances of all cases.
        sessions: of each case, as a number.
        policy: whether it gates, and how often is permuted.
        seed: of the permutations.
        metric: what it is called.
    """
    places = [i for i, each in enumerate(found) if _is_whole(each)]
    if not places:
        return None
    distances, sizes = [found[i].matrix for i in places], [found[i].size for i in places]
    _, p = energy_test(distances, sizes, seed=seed, permutations=policy.permutations)
    beyond = statistics(distances, sizes) / 2
    across = np.array([_across(found[i]) for i in places])
    interval = mean_difference(beyond, sessions[places], level=policy.level)
    mean = float(across.mean())
    effect = Effect(metric, mean - interval.mean, mean, interval, _flips(beyond))
    margin = 0.0 if policy.answers else None
    return Draft(metric, effect, margin, scale=len(found) / len(places), p=p)


def record_agreement(found: Sequence[Apart], sessions: Places) -> Paired:
    """The baseline's agreement with the record, against its agreement with itself."""
    places = [i for i, each in enumerate(found) if each.record is not None and WHOLE in each.within]
    kept = np.array(places, dtype=np.int64)
    within = np.array([found[i].within[WHOLE] for i in places], dtype=float)
    record = np.array([found[i].record for i in places], dtype=float)
    return Paired(RECORD, kept, sessions[kept], within, record)


def _is_whole(each: Apart) -> bool:
    return min(each.size, len(each.matrix) - each.size) >= _PAIR


def _across(each: Apart) -> float:
    return float(each.matrix[: each.size, each.size :].mean())


def _flips(beyond: Floats) -> Flips:
    """Cases in which the arms are farther apart than answers of one arm, and nearer."""
    return Flips(int((beyond > 0).sum()), int((beyond < 0).sum()), 1.0)

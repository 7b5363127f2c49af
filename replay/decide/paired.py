"""One metric of many cases: each arm's value of each case, paired."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.agreement import Apart
from driftgate.replay.decide.metrics import Kind, Metric

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Raw:
    """The values of one arm's answers. owners: the case of each, as a place in `Paired.cases`."""

    values: Floats
    owners: Places


@dataclass(frozen=True, slots=True)
class Paired:
    """The cases in which both arms have the metric.

    cases: their places among all cases, ascending; sessions: the session of each, as a number.
    baseline, candidate: the mean of each case's answers; of agreements the baseline's is the noise
        floor. raw: baseline's and candidate's single values; None: of agreements.
    """

    metric: Metric
    cases: Places
    sessions: Places
    baseline: Floats
    candidate: Floats
    raw: tuple[Raw, Raw] | None = None

    @property
    def differences(self) -> Floats:
        """Candidate minus baseline, of each case."""
        return self.candidate - self.baseline

    def among(self, places: Places) -> "Paired":
        """Of these cases alone. places: ascending, of all cases; single values are left out."""
        kept = np.isin(self.cases, places, assume_unique=True, kind="table")
        return Paired(
            self.metric,
            self.cases[kept],
            self.sessions[kept],
            self.baseline[kept],
            self.candidate[kept],
        )


def numbered(cases: Sequence[Case]) -> Places:
    """The session of each case, as a number from 0."""
    index: dict[str, int] = {}
    return np.array([index.setdefault(case.session, len(index)) for case in cases], dtype=np.int64)


def paired(
    metric: Metric, cases: Sequence[Case], found: Sequence[Apart], sessions: Places
) -> Paired:
    """The metric, of the cases that have it in both arms.

    Args:
        metric: what is measured.
        cases: all of them.
        found: their distances.
        sessions: as `numbered` gives them.
    """
    if metric.kind is Kind.AGREEMENT:
        return _agreement(metric, found, sessions)
    places: list[int] = []
    values: tuple[list[list[float]], list[list[float]]] = ([], [])
    for place, case in enumerate(cases):
        before, after = (_values(metric, case, arm) for arm in (Arm.BASELINE, Arm.CANDIDATE))
        if before and after:
            places.append(place)
            values[0].append(before)
            values[1].append(after)
    raw = _raw(values[0]), _raw(values[1])
    kept = np.array(places, dtype=np.int64)
    return Paired(metric, kept, sessions[kept], _means(raw[0]), _means(raw[1]), raw)


def _values(metric: Metric, case: Case, arm: Arm) -> list[float]:
    assert metric.of is not None
    of = metric.of
    return [value for answer in case.of(arm) if (value := of(answer)) is not None]


def _raw(values: Sequence[Sequence[float]]) -> Raw:
    sizes = [len(each) for each in values]
    flat = [value for each in values for value in each]
    return Raw(
        np.array(flat, dtype=float), np.repeat(np.arange(len(sizes)), np.array(sizes, dtype=int))
    )


def _means(raw: Raw) -> Floats:
    counts = np.bincount(raw.owners)
    return np.bincount(raw.owners, weights=raw.values) / counts


def _agreement(metric: Metric, found: Sequence[Apart], sessions: Places) -> Paired:
    name = metric.name
    both = [
        (place, each.within[name], each.across[name])
        for place, each in enumerate(found)
        if name in each.within and name in each.across
    ]
    kept = np.array([place for place, _, _ in both], dtype=np.int64)
    return Paired(
        metric,
        kept,
        sessions[kept],
        np.array([within for _, within, _ in both], dtype=float),
        np.array([across for _, _, across in both], dtype=float),
    )

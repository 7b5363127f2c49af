"""Where a loss is concentrated: the contracts that broke, and the part of them that is worst."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from driftgate.replay.case import Case
from driftgate.replay.decide.effect import Effect, effect_of
from driftgate.replay.decide.metrics import Kind
from driftgate.replay.decide.multiplicity import holm
from driftgate.replay.decide.paired import Paired
from driftgate.replay.decide.slices import KINDS, members

_WITHIN = tuple(kind for kind in KINDS if kind != "contract")
_FEWEST = 5  # cases of a part that is named
_FACTOR = 1.5  # how much more than the rest a part has lost that is named


@dataclass(frozen=True, slots=True)
class Blame:
    """contracts: name and effect of those that lost, the largest loss of all cases first.

    worst: kind and value of the part of the first one that lost the most; None: none stands out.
    """

    contracts: Sequence[tuple[str, Effect]]
    worst: tuple[str, str] | None = None


def blame(found: Paired, cases: Sequence[Case], alpha: float) -> Blame | None:
    """Where the metric's loss lies; None: no contract stands out, or it is a quantile.

    Args:
        found: the metric, over all cases.
        cases: all of them.
        alpha: for all contracts together (Holm).
    """
    if found.metric.kind is Kind.QUANTILE:
        return None
    parts = _parts(found, cases, ("contract",), alpha)
    p = holm([effect.p_worse(0.0) for _, effect, _ in parts])
    lost = [each for each, one in zip(parts, p, strict=True) if one <= alpha]
    if not lost:
        return None
    lost.sort(key=lambda each: -each[1].loss * each[1].interval.n)
    contracts = [(name.partition("=")[2], effect) for name, effect, _ in lost]
    return Blame(contracts, _worst(lost[0][2], cases, alpha))


def _parts(
    found: Paired, cases: Sequence[Case], kinds: Sequence[str], alpha: float
) -> list[tuple[str, Effect, Paired]]:
    """Each slice that has the metric, with its effect."""
    told = []
    for name, places in members(cases, kinds).items():
        own = found.among(places)
        effect = effect_of(own, 1 - alpha, seed=0) if len(own.cases) >= _FEWEST else None
        if effect is not None:
            told.append((name, effect, own))
    return told


def _worst(found: Paired, cases: Sequence[Case], alpha: float) -> tuple[str, str] | None:
    """The part whose cases lost much more than the rest of the contract's cases did."""
    best, most = None, 0.0
    for name, effect, own in _parts(found, cases, _WITHIN, alpha):
        rest = np.delete(found.differences, np.searchsorted(found.cases, own.cases))
        if not len(rest) or effect.p_worse(0.0) > alpha:
            continue
        of_rest = max(0.0, -found.metric.sign * float(rest.mean()))
        if effect.loss >= _FACTOR * of_rest and effect.loss > most:
            best, most = name, effect.loss
    if best is None:
        return None
    kind, _, value = best.partition("=")
    return kind, value

"""Findings: each metric's effect held against its margin, all of them together.

A metric passes when its whole interval lies within the margin: non-inferiority, one-sided at alpha /
2. That every margin must hold needs no correction for their number: the whole passes wrongly only if
the metric that broke passes wrongly (intersection-union: R. Berger, "Multiparameter Hypothesis
Testing and Acceptance Sampling", Technometrics 24, 1982; R. Berger, J. Hsu, "Bioequivalence Trials,
Intersection-Union Tests and Equivalence Confidence Sets", Stat. Sci. 11, 1996). Drift is said where
any one metric lies beyond its margin, so their number counts: Holm. The contract pass rate (of trajectories: the check pass rate) has half of
alpha, so that its power is that of the plan however many others gate; that of single contracts (or other
slices) shares a quarter; whatever else gates shares an eighth over all cases, and an eighth in slices,
so that many contracts do not take its power from it.
What does not gate informs, adjusted by Benjamini-Hochberg.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from driftgate.replay.decide.decision import Finding, Status
from driftgate.replay.decide.effect import Effect
from driftgate.replay.decide.metrics import Kind, Metric
from driftgate.replay.decide.multiplicity import benjamini_hochberg, holm
from driftgate.replay.decide.size import minimal, needed
from driftgate.replay.decide.wording import at_margin, change, counted, own

FIRST = frozenset({"contract_pass", "check_pass"})  # of a run there is one of them
# of alpha, by (whether it is the first metric, whether it is of a slice)
_SHARES = {(True, False): 0.5, (True, True): 0.25, (False, False): 0.125, (False, True): 0.125}


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding before the others are known.

    margin: None: it informs. scale: cases of the selection for each that has the metric.
    p: of a test of its own, which alone decides; None: that of the interval.
    """

    metric: Metric
    effect: Effect | None
    margin: float | None = None
    where: str = ""
    scale: float = 1.0
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding, and the effect that it tells of; None: no case has the metric."""

    finding: Finding
    effect: Effect | None


def settled(drafts: Sequence[Draft], alpha: float) -> list[Judged]:
    """The findings, in the order of the drafts."""
    adjusted: dict[int, float] = {}
    gating = [i for i, each in enumerate(drafts) if each.margin is not None and each.effect]
    informing = [i for i, each in enumerate(drafts) if each.margin is None and each.effect]
    p = {i: _p(drafts[i]) for i in (*gating, *informing)}
    shares = weights([(drafts[i].metric.name, drafts[i].where) for i in gating])
    adjusted.update(zip(gating, holm([p[i] for i in gating], shares), strict=True))
    levels = {i: 1 - min(alpha, 2 * alpha * share) for i, share in zip(gating, shares, strict=True)}
    adjusted.update(zip(informing, benjamini_hochberg([p[i] for i in informing]), strict=True))
    return [
        Judged(
            _finding(draft, (p[i], adjusted[i]), alpha, levels.get(i, 1 - alpha))
            if draft.effect
            else _absent(draft),
            draft.effect,
        )
        for i, draft in enumerate(drafts)
    ]


def weights(tested: Sequence[tuple[str, str]]) -> list[float]:
    """Shares of alpha, by metric and slice ("": all cases); what nobody asks for goes to the others."""
    groups = [(name in FIRST, bool(where)) for name, where in tested]
    whole = sum(_SHARES[each] for each in set(groups))
    return [_SHARES[each] / groups.count(each) / whole for each in groups]


def _p(draft: Draft) -> float:
    assert draft.effect is not None
    if draft.p is not None:
        return draft.p
    if draft.margin is None:
        return draft.effect.p_differs()
    return draft.effect.p_worse(draft.margin)


def _finding(draft: Draft, tested: tuple[float, float], alpha: float, sure: float) -> Finding:
    """tested: p and the adjusted one. sure: the level of intervals at its share of alpha alone."""
    effect, margin, level = draft.effect, draft.margin, 1 - alpha
    assert effect is not None
    p, adjusted = tested
    status = _status(draft, effect, adjusted, alpha)
    open_ = margin is not None and status is Status.INCONCLUSIVE
    wanted = needed(effect, margin, level, sure) if open_ and margin is not None else None
    spread = effect.interval
    return Finding(
        metric=draft.metric.name,
        slice=draft.where,
        unit=draft.metric.unit,
        better=draft.metric.better,
        n=spread.n,
        sessions=spread.clusters,
        baseline=effect.baseline,
        candidate=effect.candidate,
        effect=spread.mean,
        low=_finite(spread.low),
        high=_finite(spread.high),
        margin=margin,
        p=p,
        p_adjusted=adjusted,
        worse=effect.flips.worse,
        improved=effect.flips.better,
        status=status,
        needed=None if wanted is None else math.ceil(wanted * draft.scale),
        minimal=minimal(effect, margin, sure),
        reason=_reason(draft, effect, status, level),
    )


def _status(draft: Draft, effect: Effect, adjusted: float, alpha: float) -> Status:
    if draft.margin is None:
        return Status.INFO
    low, high = effect.losses
    if draft.p is None and high <= draft.margin:
        return Status.PASS
    beyond = draft.p is not None or low > draft.margin
    return Status.DRIFT if beyond and adjusted <= alpha else Status.INCONCLUSIVE


def _reason(draft: Draft, effect: Effect, status: Status, level: float) -> str:
    metric, cases = draft.metric, counted(effect.interval.n, "case")
    floor = "a noise floor of " if metric.kind is Kind.AGREEMENT else ""
    told = (
        f"{metric.words} {own(metric, effect.candidate)} against {floor}"
        f"{own(metric, effect.baseline)}: {change(effect, level, None)} over {cases}, "
        f"{effect.flips.worse:,} worse and {effect.flips.better:,} better"
    )
    if draft.margin is None:
        return told
    where = at_margin(metric, draft.margin)
    ends = {
        Status.PASS: f"within {where}",
        Status.DRIFT: f"beyond {where}",
        Status.INCONCLUSIVE: f"not settled at {where}",
    }
    return f"{told}; {ends[status]}"


def _absent(draft: Draft) -> Finding:
    """Of a metric that no case has in both arms."""
    metric = draft.metric
    return Finding(
        metric=metric.name,
        slice=draft.where,
        unit=metric.unit,
        better=metric.better,
        n=0,
        sessions=0,
        baseline=None,
        candidate=None,
        effect=None,
        low=None,
        high=None,
        margin=draft.margin,
        p=None,
        p_adjusted=None,
        worse=0,
        improved=0,
        status=Status.INFO if draft.margin is None else Status.INCONCLUSIVE,
        needed=None,
        minimal=None,
        reason=f"{metric.words}: no case has it in both arms",
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

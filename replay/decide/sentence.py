"""The whole of a decision in one sentence, which names what broke."""

from collections.abc import Mapping, Sequence

from driftgate.replay.decide.blame import Blame
from driftgate.replay.decide.decision import GateVerdict, Health, Status
from driftgate.replay.decide.effect import Effect
from driftgate.replay.decide.findings import FIRST, Judged
from driftgate.replay.decide.policy import Policy
from driftgate.replay.decide.verdict import needed, still_open
from driftgate.replay.decide.wording import (
    amount,
    at_margin,
    change,
    counted,
    interval,
    listed,
    metric_change,
    named,
    percent,
)

_WHOLE = frozenset({"answers", "trajectories"})
_MORE = 3  # contracts and metrics that are named beside the first


def sentence(
    given: GateVerdict,
    health: Health,
    judged: Sequence[Judged],
    blamed: Mapping[str, Blame | None],
    policy: Policy,
) -> str:
    """The sentence.

    Args:
        given: the verdict.
        health: of the measurement.
        judged: what gates, of all cases and of slices.
        blamed: metric to where its loss lies, of those that drifted over all cases.
        policy: the margins.
    """
    if given is GateVerdict.COULD_NOT_CHECK:
        return f"Could not check: {'; '.join(health.problems)}."
    if given is GateVerdict.DRIFT:
        return f"Drift: {_broken(judged, blamed, policy.level)}."
    if given is GateVerdict.INCONCLUSIVE:
        return f"Inconclusive: {_open(judged, health, policy)}."
    return f"Pass: {_kept(judged, health, policy)}."


def _broken(judged: Sequence[Judged], blamed: Mapping[str, Blame | None], level: float) -> str:
    broken = [each for each in judged if each.finding.status is Status.DRIFT]
    first, *others = sorted(broken, key=_rank)
    told = _first(first, blamed.get(first.finding.metric), level)
    whole = {each.finding.metric for each in broken if not each.finding.slice}
    more = [_more(e) for e in others if not e.finding.slice or e.finding.metric not in whole]
    return told + (f"; also {listed(more[:_MORE])}" if more else "")


def _rank(judged: Judged) -> tuple[bool, bool, float]:
    """What is told first: of all cases, then contracts that broke, where the most was lost."""
    finding, effect = judged.finding, judged.effect
    lost = effect.loss * finding.n if effect and finding.slice else 0.0
    return bool(finding.slice), finding.metric not in FIRST, -lost


def _first(judged: Judged, where: Blame | None, level: float) -> str:
    """The metric that comes first among those that broke."""
    effect, margin = judged.effect, judged.finding.margin
    assert effect is not None
    if judged.finding.slice:
        kind, _, value = judged.finding.slice.partition("=")
        return f"{kind} `{named(value)}`{_lost(effect, level, margin)}"
    if judged.finding.metric in _WHOLE:
        chance = judged.finding.p_adjusted or 0.0
        return f"{judged.finding.metric} as a whole differ by more than chance (p {chance:.2g})"
    if where is None:
        return f"{effect.metric.words} is {change(effect, level, margin)}"
    (name, own), *others = where.contracts
    told = f"contract `{named(name)}`{_lost(own, level, margin)}"
    if where.worst:
        told += f", worst in {where.worst[0]} {named(where.worst[1])}"
    if others:
        more = [f"`{named(each)}` ({amount(one.metric, one.loss)})" for each, one in others[:_MORE]]
        told += f", and also {listed(more)}"
    return told


def _lost(effect: Effect, level: float, margin: float | None) -> str:
    """Passes 11.2 points less often (95 % interval 7.9 to 14.5 points, margin 2)."""
    metric = effect.metric
    if metric.name not in FIRST:
        return f": {metric.words} is {change(effect, level, margin)}"
    ends = interval(effect, level, margin, sided=effect.interval.high > 0)
    return f" passes {amount(metric, effect.loss)} less often ({ends})"


def _more(judged: Judged) -> str:
    """One more that broke, with the slice that it is of."""
    effect = judged.effect
    assert effect is not None
    if judged.finding.metric in _WHOLE:
        return f"{judged.finding.metric} as a whole"
    if not judged.finding.slice:
        return metric_change(effect)
    kind, _, value = judged.finding.slice.partition("=")
    where = f"{kind} `{named(value)}`"
    if judged.finding.metric in FIRST:
        return f"{where} ({amount(effect.metric, effect.loss)})"
    return f"{metric_change(effect)} in {where}"


def _open(judged: Sequence[Judged], health: Health, policy: Policy) -> str:
    unsettled = still_open([each.finding for each in judged], policy)
    names = {each.metric for each in unsettled}
    told = [
        f"{each.effect.metric.words} is {change(each.effect, policy.level, each.finding.margin)}"
        if each.effect
        else each.finding.reason
        for each in judged
        if each.finding.metric in names and not each.finding.slice
    ]
    wanted = needed([each.finding for each in judged], policy)
    ran = counted(health.cases, "case")
    if wanted is None:
        return (
            f"{'; '.join(told)}; it cannot be said how many cases would settle it ({ran} were run)"
        )
    return f"{'; '.join(told)}; about {wanted:,} cases would settle it, and {ran} were run"


def _kept(judged: Sequence[Judged], health: Health, policy: Policy) -> str:
    shown = [
        f"{metric_change(each.effect)} ({interval(each.effect, policy.level, each.finding.margin)})"
        for each in judged
        if each.effect and each.finding.status is Status.PASS and not each.finding.slice
    ]
    open_ = [
        f"{each.effect.metric.words} at {at_margin(each.effect.metric, each.finding.margin or 0.0)}"
        for each in judged
        if each.effect and each.finding.status is Status.INCONCLUSIVE and not each.finding.slice
    ]
    told = f"over {counted(health.cases, 'case')} {listed(shown)}" if shown else _nothing(health)
    return told + (f"; no drift is shown, nor ruled out, of {listed(open_)}" if open_ else "")


def _nothing(health: Health) -> str:
    """Where the policy asks for no margin to be shown."""
    return (
        f"no drift is shown over {counted(health.cases, 'case')}, of which "
        f"{percent(health.coverage)} have all answers"
    )

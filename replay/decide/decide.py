"""The gate: from cases with the answers of all arms to a verdict, and what it rests on. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.agreement import Apart, Compare, apart, more_aspects
from driftgate.replay.decide.answers import answers, record_agreement
from driftgate.replay.decide.blame import Blame, blame
from driftgate.replay.decide.decision import (
    Decision,
    Finding,
    Health,
    Status,
)
from driftgate.replay.decide.effect import effect_of
from driftgate.replay.decide.findings import Draft, Judged, settled
from driftgate.replay.decide.health import health, reached
from driftgate.replay.decide.metrics import (
    AGREEMENT,
    OF_ANSWERS,
    RECORD,
    VIOLATION,
    Measured,
    Metric,
    metric,
)
from driftgate.replay.decide.paired import Paired, Places, numbered, paired
from driftgate.replay.decide.policy import Policy
from driftgate.replay.decide.samples import samples
from driftgate.replay.decide.sentence import sentence
from driftgate.replay.decide.slices import slices
from driftgate.replay.decide.verdict import needed, verdict
from driftgate.replay.decide.wording import percent
from driftgate.replay.decide.worst import plain, worst

_VIOLATIONS = 30  # keywords that are counted one by one, the most frequent
_SLICES = 500  # findings of slices that are kept


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the cases that count. of: what is measured."""

    of: Measured
    cases: Sequence[Case]
    found: Sequence[Apart]
    sessions: Places
    metrics: Sequence[Paired]


def decide(
    cases: Sequence[Case],
    policy: Policy,
    *,
    compare: Compare,
    k: int,
    seed: int,
    moved: Sequence[str] = (),
    stopped: str | None = None,
    measured: Measured = OF_ANSWERS,
) -> Decision:
    """Pass, drift, inconclusive or could not check, and why.

    Args:
        cases: what was asked, with all answers; failed ones too.
        policy: the margins.
        compare: two answers to one case.
        k: answers of each arm that were planned for each case.
        seed: of permutations, bootstraps and samples.
        moved: what changed in the baseline since it was recorded.
        stopped: why the run ended early; cases that it did not come to do not count then.
        measured: what is looked at, besides what the policy names.
    """
    wanted = [case for case in cases if policy.counts(case)]
    known = _measure(reached(wanted, k, stopped=stopped), compare, policy, measured)
    told = health(known.cases, known.found, policy, k=k, planned=len(wanted), moved=moved)
    whole, parts, gating = _judged(known, policy, seed)
    given = verdict([each.finding for each in gating], told.problems, policy)
    return Decision(
        verdict=given,
        sentence=sentence(given, told, gating, _blamed(known, whole, policy), policy),
        health=_moved(told, whole, policy),
        findings=[each.finding for each in whole],
        slices=_ordered([each.finding for each in parts]),
        pairs=worst(known.cases, known.found, compare, plain, policy.pairs),
        policy=policy.model_dump(mode="json"),
        needed=needed([each.finding for each in whole], policy, given),
        stopped=stopped,
        samples=samples(known.metrics, known.cases, seed),
    )


def _measure(cases: Sequence[Case], compare: Compare, policy: Policy, measured: Measured) -> _Known:
    found, sessions = [apart(case, compare) for case in cases], numbered(cases)
    names = [*measured.metrics, *_violations(cases, policy), *more_aspects(found)]
    metrics = policy.measured([metric(name) for name in names])
    return _Known(
        measured, cases, found, sessions, [paired(each, cases, found, sessions) for each in metrics]
    )


def _violations(cases: Sequence[Case], policy: Policy) -> list[str]:
    counts = Counter(
        keyword
        for case in cases
        for arm in (Arm.BASELINE, Arm.CANDIDATE)
        for answer in case.of(arm)
        for keyword in answer.violations
        if keyword not in policy.ignore.violations
    )
    return [VIOLATION + keyword for keyword, _ in counts.most_common(_VIOLATIONS)]


def _judged(
    known: _Known, policy: Policy, seed: int
) -> tuple[Sequence[Judged], Sequence[Judged], Sequence[Judged]]:
    """The findings of all cases, those of slices, and of both those that can decide.

    Slices that gate are tested with what gates of all cases, the others among themselves.
    """
    whole, parts = _whole(known, policy, seed), _slices(known, policy, seed)
    gating = [each for each in parts if each.margin is not None]
    informing = [each for each in parts if each.margin is None]
    together = settled([*whole, *gating], policy.alpha)
    parted = [*together[len(whole) :], *settled(informing, policy.alpha)]
    return together[: len(whole)], parted, together


def _whole(known: _Known, policy: Policy, seed: int) -> list[Draft]:
    """The drafts of all cases. One that informs and that no case has is left out."""
    margins, drafts = policy.gating(), []
    for each in [*known.metrics, *_record(known)]:
        margin = margins.get(each.metric.name)
        effect = effect_of(each, policy.level, seed)
        if effect or policy.must_show(each.metric.name):
            scale = len(known.cases) / max(len(each.cases), 1)
            drafts.append(Draft(each.metric, effect, margin, scale=scale))
    together = answers(known.found, known.sessions, policy, seed, known.of.whole)
    return [*drafts, *([together] if together else [])]


def _record(known: _Known) -> list[Paired]:
    found = record_agreement(known.found, known.sessions)
    return [found] if len(found.cases) else []


def _slices(known: _Known, policy: Policy, seed: int) -> list[Draft]:
    margins, drafts = policy.gating(), []
    looked = slices(known.cases, minimum=policy.slices.minimum, ignored=policy.ignore.slices)
    metrics = [each for each in known.metrics if _of_slices(each.metric, margins)]
    for name, places in looked.items():
        gates = name.partition("=")[0] in policy.slices.gate
        for each in metrics:
            own = each.among(places)
            effect = effect_of(own, policy.level, seed) if _enough(own, policy) else None
            if effect:
                margin = margins.get(each.metric.name) if gates else None
                drafts.append(Draft(each.metric, effect, margin, name))
    return drafts


def _of_slices(metric: Metric, margins: dict[str, float]) -> bool:
    named = metric.name.startswith((VIOLATION, AGREEMENT))
    return metric.of_slices and (not named or metric.name in margins)


def _enough(found: Paired, policy: Policy) -> bool:
    return len(found.cases) >= policy.slices.minimum


def _blamed(known: _Known, whole: Sequence[Judged], policy: Policy) -> dict[str, Blame | None]:
    broken = {each.finding.metric for each in whole if each.finding.status is Status.DRIFT}
    return {
        each.metric.name: blame(each, known.cases, policy.alpha)
        for each in known.metrics
        if each.metric.name in broken
    }


def _moved(told: Health, whole: Sequence[Judged], policy: Policy) -> Health:
    """The health, with a line where the baseline does not answer as it did."""
    for each in whole:
        finding = each.finding
        if finding.metric != RECORD.name or finding.high is None or finding.p_adjusted is None:
            continue
        if finding.high < 0 and finding.p_adjusted <= policy.alpha:
            line = (
                f"answers: the baseline agrees with the record in {percent(finding.candidate or 0)}"
                f", and with itself in {percent(finding.baseline or 0)}"
            )
            return replace(told, moved=[*told.moved, line])
    return told


def _ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Those that gate first, then by how sure they are."""
    order = sorted(findings, key=lambda each: (each.margin is None, each.p_adjusted or 0.0))
    return order[:_SLICES]

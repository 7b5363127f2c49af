"""Whether the measurement can be trusted: coverage, failures, and whether the baseline has moved."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.agreement import WHOLE, Apart
from driftgate.replay.decide.decision import Health
from driftgate.replay.decide.policy import Policy
from driftgate.replay.decide.wording import counted, named, percent

ARMS = (Arm.BASELINE, Arm.CANDIDATE)
_REASONS = 20  # kinds of errors that are kept of an arm


def reached(cases: Sequence[Case], k: int, *, stopped: str | None) -> list[Case]:
    """The cases that count: of a run that was ended early, those that it came to the end of."""
    if stopped is None:
        return list(cases)
    return [case for case in cases if all(len(case.of(arm)) >= k for arm in ARMS)]


def health(
    cases: Sequence[Case],
    found: Sequence[Apart],
    policy: Policy,
    *,
    k: int,
    planned: int,
    moved: Sequence[str] = (),
) -> Health:
    """The health of the measurement.

    Args:
        cases: those that count.
        found: their distances.
        policy: floors and ceilings.
        k: answers of each arm to each case.
        planned: cases that were to be run.
        moved: what the caller found changed in the baseline since it was recorded.
    """
    whole = sum(_whole(case, k) for case in cases)
    coverage = whole / len(cases) if cases else 0.0
    errors = {arm.value: _errors(cases, arm) for arm in ARMS}
    records = [each.record for each in found if each.record is not None]
    floors = [each.within[WHOLE] for each in found if WHOLE in each.within]
    return Health(
        cases=len(cases),
        planned=planned * k,
        served={arm.value: sum(_served(case, arm) for case in cases) for arm in ARMS},
        coverage=coverage,
        errors={arm: told.most_common(_REASONS) for arm, told in errors.items()},
        record_agreement=fmean(records) if records else None,
        noise_floor=fmean(floors) if floors else None,
        moved=list(moved),
        problems=_problems(cases, policy, coverage, planned),
    )


def _served(case: Case, arm: Arm) -> int:
    return sum(answer.served for answer in case.of(arm))


def _whole(case: Case, k: int) -> bool:
    return all(_served(case, arm) >= k for arm in ARMS)


def _errors(cases: Sequence[Case], arm: Arm) -> Counter[str]:
    return Counter(
        named(answer.failure or f"status {answer.status}")
        for case in cases
        for answer in case.of(arm)
        if not answer.served
    )


def _problems(cases: Sequence[Case], policy: Policy, coverage: float, planned: int) -> list[str]:
    if not cases:
        return ["no case has all its answers yet" if planned else "no case was run"]
    found = [_failing(cases, arm, policy.errors) for arm in ARMS]
    told = [each for each in found if each]
    both = sum(all(_served(case, arm) for arm in ARMS) for case in cases)
    if not both:
        return [*told, "no case was answered by both arms"]
    if both < policy.minimum:
        told.append(f"{counted(both, 'case')} answered by both arms, and {policy.minimum} needed")
    if coverage < policy.coverage:
        told.append(
            f"{percent(coverage)} of the cases have all answers of both arms, and at least "
            f"{percent(policy.coverage)} must"
        )
    return told


def _failing(cases: Sequence[Case], arm: Arm, ceiling: float) -> str | None:
    """The line for an arm of which too many answers failed."""
    errors, asked = _errors(cases, arm), sum(len(case.of(arm)) for case in cases)
    failed = errors.total()
    if not asked:
        return f"the {arm.value} was not asked"
    if failed <= ceiling * asked:
        return None
    (why, _), *_ = errors.most_common(1)
    return f"{failed:,} of {counted(asked, 'answer')} of the {arm.value} failed, mostly: {why}"

"""From findings to the gate's verdict, and to how many cases would settle what is open."""

from collections.abc import Sequence

from driftgate.replay.decide.decision import Finding, GateVerdict, Status
from driftgate.replay.decide.policy import Policy


def verdict(findings: Sequence[Finding], problems: Sequence[str], policy: Policy) -> GateVerdict:
    """The verdict. findings: those of all cases and those of slices."""
    if problems:
        return GateVerdict.COULD_NOT_CHECK
    if any(each.status is Status.DRIFT for each in findings):
        return GateVerdict.DRIFT
    return GateVerdict.INCONCLUSIVE if still_open(findings, policy) else GateVerdict.PASS


def still_open(findings: Sequence[Finding], policy: Policy) -> list[Finding]:
    """Those that must be shown to keep their margin, and were not."""
    return [
        each
        for each in findings
        if each.status is Status.INCONCLUSIVE and not each.slice and policy.must_show(each.metric)
    ]


def needed(
    findings: Sequence[Finding], policy: Policy, given: GateVerdict = GateVerdict.INCONCLUSIVE
) -> int | None:
    """Cases that would settle all that is open; None: the verdict is settled, or no number would."""
    if given is not GateVerdict.INCONCLUSIVE:
        return None
    wanted = [each.needed for each in still_open(findings, policy)]
    known = [each for each in wanted if each is not None]
    return max(known) if known and len(known) == len(wanted) else None

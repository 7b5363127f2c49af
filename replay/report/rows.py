"""Findings as rows of a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from driftgate.replay.decide.decision import Finding, Status
from driftgate.replay.report import numbers
from driftgate.replay.report.plain import one_line
from driftgate.replay.report.words import STATUSES, metric, of_slice

_NAME = 200  # characters; a slice may be named as a client named its model
_REASON = 1_000
ALPHA = 0.05  # of the default policy
_ORDER = {Status.DRIFT: 0, Status.INCONCLUSIVE: 1, Status.PASS: 2, Status.INFO: 3}


@dataclass(frozen=True, slots=True)
class Row:
    """One finding, each cell as text.

    word: its status for people; of one that does not gate but surely moved: worse or better. tone:
    the same as a name for styles. moved: as `moved` says. finding: its figures, for plots.
    """

    metric: str
    slice: str
    n: str
    baseline: str
    candidate: str
    effect: str
    interval: str
    margin: str
    p: str
    flips: str
    minimal: str
    status: str
    word: str
    tone: str
    reason: str
    moved: bool
    finding: Finding

    @property
    def telling(self) -> bool:
        """Whether its reason says more than its figures do."""
        open_ = self.finding.status in (Status.DRIFT, Status.INCONCLUSIVE)
        return bool(self.reason) and (open_ or self.finding.effect is None)


def row(finding: Finding, alpha: float = ALPHA) -> Row:
    """A finding as a row. alpha: the policy's."""
    differs = moved(finding, alpha)
    way = _way(finding) if differs else ""
    unit, own = finding.unit, numbers.base_unit(finding.metric, finding.unit)
    size = max((abs(x) for x in (finding.baseline, finding.candidate) if x is not None), default=0)
    return Row(
        metric=one_line(metric(finding.metric), _NAME),
        slice=one_line(of_slice(finding.slice), _NAME),
        n=f"{finding.n:,}",
        baseline=numbers.value(finding.baseline, own),
        candidate=numbers.value(finding.candidate, own),
        effect=numbers.change(finding.effect, unit, size),
        interval=numbers.interval(finding.low, finding.high, unit, size),
        margin=numbers.margin(finding.margin, unit, size),
        p=numbers.probability(finding.p if finding.p_adjusted is None else finding.p_adjusted),
        flips=f"{finding.worse:,} / {finding.improved:,}",
        minimal=numbers.magnitude(finding.minimal, unit, size),
        status=finding.status.value,
        word=way or STATUSES[finding.status],
        tone=way or finding.status.value,
        reason=one_line(finding.reason, _REASON),
        moved=differs,
        finding=finding,
    )


def gates(finding: Finding) -> bool:
    """Whether the verdict rests on it."""
    return finding.status is not Status.INFO


def _way(finding: Finding) -> str:
    """Which way it moved, if it does not gate; "": its status says it."""
    if finding.status is not Status.INFO:
        return ""
    return "better" if ((finding.effect or 0.0) > 0) == (finding.better == "higher") else "worse"


def moved(finding: Finding, alpha: float = ALPHA) -> bool:
    """Whether it differs: it drifted, or its interval leaves zero when all that were tested count."""
    if finding.status is Status.DRIFT:
        return True
    p, low, high = finding.p_adjusted, finding.low, finding.high
    if p is None or low is None or high is None or finding.status is not Status.INFO:
        return False
    return p <= alpha and not low <= 0 <= high


def split(found: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The slices that moved, those that drifted and the surest first; and the others as they came."""

    def surest(each: Row) -> tuple[int, float]:
        p = each.finding.p_adjusted
        return _ORDER[each.finding.status], 1.0 if p is None else p

    yes = [each for each in found if each.moved]
    return sorted(yes, key=surest), [each for each in found if not each.moved]

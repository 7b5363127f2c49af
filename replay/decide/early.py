"""Whether a run may stop: evidence that may be looked at after every case.

One e-process (eprocess.py) for each metric that gates, on the mean differences of sessions. A run may
stop when one of them shows that its margin is broken, each at its share of alpha (by the weights of
findings.py: together they err with a chance of at most alpha, by Bonferroni), or when all that must
be shown to keep their margin do, each at alpha (intersection-union). The verdict is then that of the
cases so far, by the tests of a run that was not watched. Stopping for a broken margin was valid at any
time, so that looking often adds false alarms with a chance of at most alpha, and in simulation none
(tests/replay/decide/test_gates.py). Slices are not watched. Only metrics that are shares or agreements are watched. A ratio that must be shown to keep its
margin lets the run stop for drift alone.
"""

from statistics import fmean
from typing import TYPE_CHECKING

from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.agreement import Compare, agreements
from driftgate.replay.decide.eprocess import EProcess
from driftgate.replay.decide.findings import weights
from driftgate.replay.decide.metrics import Kind, Metric, metric
from driftgate.replay.decide.policy import Policy
from driftgate.replay.decide.wording import at_margin, counted

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPEN = 4  # sessions whose cases may still come, since several calls run at a time


class Watch:
    """Watches a run. Cases are added once all their answers are there, sessions together."""

    def __init__(self, policy: Policy, compare: Compare) -> None:
        margins = policy.gating()
        self._policy = policy
        self._compare = compare
        self._metrics = [found for found in map(metric, margins) if found.unit == "share"]
        shares = weights([(name, "") for name in margins])
        alphas = dict(
            zip(margins, (policy.alpha * each / sum(shares) for each in shares), strict=True)
        )
        self._broken = {
            each.name: EProcess(margins[each.name], alphas[each.name]) for each in self._metrics
        }
        self._kept = {
            each.name: EProcess(margins[each.name], policy.alpha) for each in self._metrics
        }
        self._must = [name for name in margins if policy.must_show(name)]
        self._open: dict[str, dict[str, list[float]]] = {}
        self._closed: set[str] = set()
        self._sums: dict[str, tuple[int, float]] = {}
        self._cases = 0
        self._why: str | None = None

    def add(self, case: Case) -> None:
        """The next case, its answers complete.

        What the policy ignores does not count, nor does a case of a session that is over.
        """
        if case.session in self._closed or not self._policy.counts(case):
            return
        self._cases += 1
        values = self._open.setdefault(case.session, {})
        for name, difference in self._differences(case).items():
            values.setdefault(name, []).append(difference)
        while len(self._open) > _OPEN:
            self._close(next(iter(self._open)))

    def why(self) -> str | None:
        """Why the run may stop, in a few words; None: it goes on."""
        if self._why is None and self._cases >= self._policy.minimum:
            self._why = self._found()
        return self._why

    def _found(self) -> str | None:
        margins, sessions = self._policy.gating(), counted(len(self._closed), "session")
        for each in self._metrics:
            if self._broken[each.name].breaks:
                where = at_margin(each, margins[each.name])
                return f"{each.words} is shown to be beyond {where} after {sessions}"
        kept = all(name in self._kept and self._kept[name].keeps for name in self._must)
        if self._must and kept and not self._suspects():
            return f"every margin is shown to be kept after {sessions}"
        return None

    def _suspects(self) -> bool:
        """Whether a metric looks worse than its margin, though that is not shown yet."""
        margins = self._policy.gating()
        return any(-total / n > margins[name] for name, (n, total) in self._sums.items())

    def _close(self, session: str) -> None:
        self._closed.add(session)
        for name, values in self._open.pop(session).items():
            mean = fmean(values)
            self._broken[name].add(mean)
            self._kept[name].add(mean)
            n, total = self._sums.get(name, (0, 0.0))
            self._sums[name] = n + 1, total + mean

    def _differences(self, case: Case) -> dict[str, float]:
        """Of each metric that the case has: candidate minus baseline, higher better."""
        within: Mapping[str, float] = {}
        across: Mapping[str, float] = {}
        if any(each.kind is Kind.AGREEMENT for each in self._metrics):
            within, across = agreements(case, self._compare)
        found: dict[str, float] = {}
        for each in self._metrics:
            if each.kind is Kind.AGREEMENT:
                before, after = within.get(each.name), across.get(each.name)
            else:
                before, after = (_mean(each, case, arm) for arm in (Arm.BASELINE, Arm.CANDIDATE))
            if before is not None and after is not None:
                found[each.name] = each.sign * (after - before)
        return found


def _mean(metric: Metric, case: Case, arm: Arm) -> float | None:
    assert metric.of is not None
    values = [value for value in map(metric.of, case.of(arm)) if value is not None]
    return fmean(values) if values else None

"""How far a run is: answers of each arm, how fast they come, how long it may still take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from driftgate.dashboards.statements import ask, load
from driftgate.replay.results import arms_of
from driftgate.replay.run.kept import Run

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

LATELY = timedelta(seconds=60)  # over which the rate is taken
_S = load("run")


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        """In whole percent; 100 only where all is done."""
        return 0 if self.total <= 0 else min(100 * self.done // self.total, 100)


@dataclass(frozen=True, slots=True)
class ArmSoFar:
    """What came of one arm. passed: share of the judged answers; None: none was."""

    arm: str
    share: Share
    served: int
    judged: int
    passed: float | None
    tokens: float | None
    median_ms: float | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Of a run. rate: answers a second, lately. left_s: seconds it takes still; None: not known."""

    share: Share
    arms: Sequence[ArmSoFar]
    rate: float
    left_s: float | None
    last_at: datetime | None


def progress(reader: "Reader", run: Run, now: datetime) -> Progress:
    """How far it is. now: UTC, without a zone."""
    rows = ask(reader, _S["arms"], run=run.run_id, lately=now - LATELY)
    return of_rows(rows, run, now)


def of_rows(rows: Sequence[Mapping[str, Any]], run: Run, now: datetime) -> Progress:
    """The same of the rows of the statement `arms`."""
    by_arm = {row["arm"]: row for row in rows}
    each = run.cases * run.k
    arms = [_arm(arm, by_arm.get(arm, {}), each) for arm in arms_of(run.kind)]
    done, total = sum(arm.share.done for arm in arms), each * len(arms)
    rate = _rate(rows, now)
    left = max(total - done, 0)
    return Progress(
        Share(done, total),
        arms,
        rate,
        left / rate if rate > 0 else None,
        max((row["last_at"] for row in rows), default=None),
    )


def _rate(rows: Sequence[Mapping[str, Any]], now: datetime) -> float:
    lately = sum(row["lately"] for row in rows)
    first = min((row["first_at"] for row in rows), default=now)
    span = min((now - first).total_seconds(), LATELY.total_seconds())
    return lately / span if span > 0 else 0.0


def _arm(arm: str, row: Mapping[str, Any], each: int) -> ArmSoFar:
    passed, failed = row.get("passed") or 0, row.get("failed") or 0
    judged = passed + failed
    return ArmSoFar(
        arm,
        Share(row.get("answers") or 0, each),
        row.get("served") or 0,
        judged,
        passed / judged if judged else None,
        row.get("tokens"),
        row.get("median_ms"),
    )

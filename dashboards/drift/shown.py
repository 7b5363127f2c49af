"""The page of one run: what `driftgate replay report` says of it, with its calls and how far it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftgate.dashboards.drift.listed import KINDS, now
from driftgate.dashboards.drift.progress import Progress, progress
from driftgate.dashboards.drift.state import State, state
from driftgate.dashboards.statements import ask, load
from driftgate.proxy.harmless import one_line
from driftgate.replay import results
from driftgate.replay.decide.decision import Decision
from driftgate.replay.report.html import FOLDED, figures
from driftgate.replay.report.of_run import report_of
from driftgate.replay.report.origin import arm_name
from driftgate.replay.report.report import Report
from driftgate.replay.report.view import View, view
from driftgate.replay.results import TRAJECTORIES
from driftgate.replay.run.kept import Run

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

CALLS = 25  # calls of the run on a page
TAB = 40  # characters of a name in a browser's tab
_S = load("run")
_FIELDS = (
    *("baseline", "baseline_served", "baseline_passed", "baseline_failed"),
    *("candidate", "candidate_served", "candidate_passed", "candidate_failed"),
)


@dataclass(frozen=True, slots=True)
class Read:
    """What is read of the history. cases: rows of the page of calls; more: another page follows."""

    run: Run
    decision: Decision | None
    state: State
    progress: Progress
    cases: Sequence[Mapping[str, Any]]
    more: bool
    page: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What the template is given. view: None: nothing is decided; drawn: see `figures`."""

    read: Read
    title: str
    kind: str
    view: View | None
    drawn: Mapping[str, Any]
    folded: int = FOLDED

    @property
    def run(self) -> Run:
        """The run."""
        return self.read.run

    @property
    def tab(self) -> str:
        """What a browser's tab begins with: who was tried, and what came of it."""
        name = one_line((self.run.name or arm_name(self.run.candidate))[:TAB])
        return f"{name}: {self.read.state.word}"

    @property
    def whole_turns(self) -> bool:
        """Whether its answers are trajectories, which are no calls themselves."""
        return self.read.run.kind == TRAJECTORIES


def read(reader: "Reader", which: str, history: Path, page: int = 1) -> Read:
    """Of the run that `which` names.

    Raises:
        NotFoundError, HistoryError: as `results.run` and `results.decision`.
    """
    run = results.run(reader, which)
    decision = results.decision(reader, run.run_id)
    rows = (
        ask(
            reader,
            _S["cases"],
            run=run.run_id,
            selection=run.selection_id,
            count=CALLS + 1,
            offset=(page - 1) * CALLS,
        )
        if run.selection_id
        else []
    )
    verdict = None if decision is None else decision.verdict.value
    return Read(
        run,
        decision,
        state(history, run.run_id, run.kind, verdict),
        progress(reader, run, now()),
        [_case(row) for row in rows[:CALLS]],
        len(rows) > CALLS,
        page,
    )


def report(reader: "Reader", which: str) -> tuple[Run, Report | None]:
    """The run and its report; None: nothing is decided yet."""
    run = results.run(reader, which)
    decision = results.decision(reader, run.run_id)
    return run, None if decision is None else report_of(run, decision)


def shown(found: Read) -> Shown:
    """Laid out; no I/O, but some work where a run is large."""
    told = drawn = None
    if found.decision is not None:
        made = report_of(found.run, found.decision)
        told = view(made.run, made.decision, made.differences)
        drawn = figures(told, narrow=True)
    run = found.run
    both = f"{arm_name(run.candidate)} against {arm_name(run.baseline)}"
    title = told.title if told is not None else both
    return Shown(found, title, KINDS.get(run.kind, run.kind), told, drawn or {})


def _case(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the statement `cases`, with what differs between the arms."""
    counts = {name: row[name] or 0 for name in _FIELDS}
    return {**row, **counts, "differs": _differs(counts)}


def _differs(counts: Mapping[str, int]) -> str:
    """worse, better or alike: the candidate's answers against the baseline's; empty: one has none."""
    if not counts["baseline"] or not counts["candidate"]:
        return ""
    bad = {
        arm: (counts[f"{arm}_failed"] + counts[arm] - counts[f"{arm}_served"]) / counts[arm]
        for arm in results.ARMS
    }
    before, after = (bad[arm] for arm in results.ARMS)
    return "worse" if after > before else "better" if after < before else "alike"

"""What every format of a report says, in its order: figures and texts ready to be laid out.

Texts are harmless here already (see plain.py), but not yet escaped for any format's own markup.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from driftgate.replay.decide.decision import Decision
from driftgate.replay.decide.wording import percent
from driftgate.replay.report import health, rows
from driftgate.replay.report.difference import Difference
from driftgate.replay.report.origin import arm_name, head, named, reproduce
from driftgate.replay.report.pairs import Pair, pair
from driftgate.replay.report.plain import one_line, plain
from driftgate.replay.report.rows import Row
from driftgate.replay.report.words import VERDICTS, limits, rest_of
from driftgate.replay.run.kept import Run

_SENTENCE = 2_000  # characters
_VALUE = 4_000  # characters of a configuration's value: a chat template is one


@dataclass(frozen=True, slots=True)
class Change:
    """One difference of configuration, on one line each but for its values."""

    place: str
    name: str
    baseline: str
    candidate: str


@dataclass(frozen=True, slots=True)
class View:
    """A report's contents.

    verdict: as JSON has it; word: for people. sentence: what follows the word. notes: what qualifies
    the verdict, a sentence each. head, health, reproduce: (label, text). rows: of all cases. slices:
    those that moved; others: those that did not. samples: metric to arm to values, for plots. alarms:
    metrics that can show drift, but need not be shown to keep their margin. interval: what its
    intervals are called, by the policy's alpha.
    """

    verdict: str
    word: str
    sentence: str
    title: str
    notes: Sequence[str]
    head: Sequence[tuple[str, str]]
    health: Sequence[tuple[str, str]]
    problems: Sequence[str]
    rows: Sequence[Row]
    slices: Sequence[Row]
    others: Sequence[Row]
    pairs: Sequence[Pair]
    changes: Sequence[Change]
    limits: str
    reproduce: Sequence[tuple[str, str]]
    samples: Mapping[str, Mapping[str, Sequence[float]]] = field(default_factory=dict)
    alarms: Collection[str] = ()
    interval: str = "95 % interval"


def view(run: Run, decision: Decision, differences: Sequence[Difference]) -> View:
    """What there is to say of a run."""
    alpha = float(decision.policy.get("alpha", rows.ALPHA))
    moved, others = rows.split([rows.row(each, alpha) for each in decision.slices])
    return View(
        verdict=decision.verdict.value,
        word=VERDICTS[decision.verdict],
        sentence=rest_of(one_line(decision.sentence, _SENTENCE), decision.verdict),
        title=f"{arm_name(run.candidate)} against {_baseline(run)}",
        notes=_notes(decision),
        head=head(run, decision),
        health=health.lines(run, decision.health),
        problems=[one_line(each, _SENTENCE) for each in decision.health.problems],
        rows=[rows.row(each, alpha) for each in decision.findings],
        slices=moved,
        others=others,
        pairs=[pair(number, each) for number, each in enumerate(decision.pairs, 1)],
        changes=[_change(each) for each in differences],
        limits=limits(run.kind, agents=run.asks_agents),
        reproduce=reproduce(run, decision),
        samples=decision.samples,
        alarms=tuple(decision.policy.get("alarms") or ()),
        interval=f"{percent(1 - alpha)} interval",
    )


def _baseline(run: Run) -> str:
    return arm_name(run.baseline) if named(run.baseline) else "the baseline as recorded"


def _notes(decision: Decision) -> list[str]:
    notes = []
    if decision.needed is not None and f"{decision.needed:,} cases" not in decision.sentence:
        notes.append(f"About {decision.needed:,} cases would settle it.")
    if decision.stopped:
        notes.append(f"Stopped early: {one_line(decision.stopped, _SENTENCE)}")
    return notes


def _change(difference: Difference) -> Change:
    return Change(
        one_line(difference.place, _VALUE),
        one_line(difference.name, _VALUE),
        plain(difference.baseline or "", _VALUE),
        plain(difference.candidate or "", _VALUE),
    )

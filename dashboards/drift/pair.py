"""One call of a run: what was recorded, and what each arm answered, any two of them beside each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from driftgate.dashboards.call.texts import Budget
from driftgate.dashboards.drift.answers import Card, Difference, card, difference, key
from driftgate.dashboards.statements import ask, load
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history.named import find
from driftgate.replay import results
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.compare.first_difference import first_difference
from driftgate.replay.run.answers import own_answers
from driftgate.replay.run.kept import Run
from driftgate.replay.trajectory.rows import Setup, setup_of

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

_S = load("run")
_INNER = 60  # model calls of a trajectory that are linked


@dataclass(frozen=True, slots=True)
class Read:
    """What is read of the history. inner: model calls of trajectories, by trajectory."""

    run: Run
    case: Case
    inner: Mapping[str, Sequence[Mapping[str, Any]]]
    setup: Setup | None


@dataclass(frozen=True, slots=True)
class Pair:
    """What the template is given. left, right: keys of the answers that are held against each other."""

    read: Read
    cards: Sequence[Card]
    left: str
    right: str
    difference: Difference | None

    @property
    def whole_turns(self) -> bool:
        """Whether the answers are trajectories."""
        return self.read.run.kind == results.TRAJECTORIES


def read(reader: "Reader", which: str, call: str) -> Read:
    """Of the call in the run.

    Raises:
        NotFoundError: no such run or call, or the call is not in the run.
    """
    run, call_id = results.run(reader, which), find(reader, call)
    cases = results.cases(reader, run, call_ids=[call_id])
    if not cases:
        raise NotFoundError(f"call {call_id} is not in the selection of run {run.run_id}")
    case = cases[0]
    if not case.of(Arm.RECORD) and run.kind != results.SHADOW:
        record = own_answers(reader, [call_id], Arm.RECORD)
        answers = {Arm.RECORD: list(record.values()), **case.answers}
        case = replace(case, answers=answers)
    whole = run.kind == results.TRAJECTORIES
    return Read(
        run,
        case,
        _inner(reader, case) if whole else {},
        setup_of(reader, run.run_id) if whole else None,
    )


def _inner(reader: "Reader", case: Case) -> dict[str, list[Mapping[str, Any]]]:
    ids = [each.call_id for arm in (Arm.BASELINE, Arm.CANDIDATE) for each in case.of(arm)]
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in ask(reader, _S["inner"], calls=ids):
        calls = found.setdefault(row["parent"], [])
        if len(calls) < _INNER:
            calls.append(row)
    return found


def pair(found: Read, left: str = "", right: str = "", *, whole: bool = False) -> Pair:
    """Laid out. left, right: keys of the answers to compare; empty: the first that differ."""
    answers = [each for arm in Arm for each in found.case.of(arm)]
    by_key = {key(each): each for each in answers}
    chosen = _chosen(found.case, by_key, left, right)
    budget = Budget()
    cards = [card(each, budget, _name(each)) for each in answers]
    if chosen is None:
        return Pair(found, cards, "", "", None)
    names = _name(chosen[0]), _name(chosen[1])
    told = difference(*chosen, names, whole=whole)
    return Pair(found, cards, key(chosen[0]), key(chosen[1]), told)


def _name(answer: Answer) -> str:
    return "as recorded" if answer.arm is Arm.RECORD else f"{answer.arm.value} {answer.repetition}"


def _chosen(
    case: Case, by_key: Mapping[str, Answer], left: str, right: str
) -> tuple[Answer, Answer] | None:
    """The two that are asked for, else the first that differ; None: there are no two."""
    first, second = by_key.get(left), by_key.get(right)
    if first is not None and second is not None:
        return first, second
    for arm in (Arm.BASELINE, Arm.RECORD):
        if case.of(arm) and case.of(Arm.CANDIDATE):
            return first_difference(case, arm)
    return None

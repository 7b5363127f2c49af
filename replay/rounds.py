"""The rounds of a watch that a history holds, and one more of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy.history.reader import Reader, open_history
from driftgate.proxy.record import Recorded
from driftgate.proxy.settings.model import Settings
from driftgate.replay import results, watch
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.case import Case
from driftgate.replay.compare.compare import Comparer
from driftgate.replay.decide.decision import Decision, GateVerdict
from driftgate.replay.decide.policy import Policy
from driftgate.replay.gate import decided
from driftgate.replay.read_answer import answer_of
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.contracts import contracts_of
from driftgate.replay.run.kept import Run
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.rows import decided_rows
from driftgate.replay.run.targets import CouldNotCheckError
from driftgate.replay.select.keep import selection_id
from driftgate.replay.select.selected import Selection
from driftgate.replay.sitting import Gate, Sat, Sitting

WAIT_S = 60.0  # for others who have the file open


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is watched.

    selection: a golden set. policy: without what measures time. k: answers to each call.
    tokens, minutes: the budget of a round; None: none.
    """

    settings: Settings
    selection: Selection
    candidate: Configuration
    policy: Policy
    k: int
    seed: int = 0
    concurrency: int = 4
    tokens: int | None = None
    minutes: float | None = None

    def gate(self, reference: Run | None) -> Gate:
        """One round. reference: None: this round is to be one."""
        return Gate(
            settings=self.settings,
            selection=self.selection,
            baseline=None,
            candidate=self.candidate,
            policy=self.policy,
            k=self.k,
            seed=self.seed,
            concurrency=self.concurrency,
            budget=Budget(self.tokens, self.minutes),
            kind=results.REFERENCE if reference is None else results.WATCH,
            reference=reference,
        )


@dataclass(frozen=True, slots=True)
class Round:
    """One round. decision: None: it made the reference."""

    run: Run
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a watch stands. reference: None: there is none yet."""

    reference: Run | None = None
    known: watch.Known = field(default_factory=watch.Known)


def standing(reader: Reader, selection: Selection, candidate: Configuration) -> Standing:
    """What the history says of earlier rounds with this golden set and configuration."""
    mine = [
        (run, verdict)
        for run, verdict, _ in results.runs(reader)
        if run.selection_id == selection_id(selection) and run.candidate_hash == candidate.hash()
    ]
    whole = _references(reader)
    reference = next((run for run, _ in mine if run.run_id in whole), None)
    if reference is None:
        return Standing()
    results.readable(reference)
    known = watch.Known().after(reference, reference.started_at)
    for run, verdict in reversed(mine):
        if verdict is not None and run.baseline.get(results.REFERENCE) == reference.run_id:
            drifted = watch.outcome(GateVerdict(verdict))
            known = known.after(run, run.started_at, drifted=drifted)
    return Standing(reference, known)


def _references(reader: Reader) -> set[str]:
    """Ids of the runs that were taken as a reference: all was asked, and enough came."""
    found = set()
    rows = reader.ask("SELECT detail FROM events WHERE kind = ?", [watch.REFERENCE_MADE]).rows
    for (text,) in rows:
        try:
            found.add(str(json.loads(text or "")["run"]))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def hold(
    watched: Watched, reference: Run | None, progress: Progress, *, drifted: bool = False
) -> Round:
    """Asks all calls once more and decides, or makes the reference.

    Args:
        watched: what.
        reference: what is compared with; None: this round becomes it.
        progress: for people.
        drifted: the last clear verdict was drift.

    Raises:
        CouldNotCheckError: the server is not there or never answers; or the answers that came are
            too few for a reference.
        RunInterruptedError: Ctrl-C.
        UsageError, HistoryError, JournalError: as their names say.
    """
    gate = watched.gate(reference)
    with Sitting(gate, progress).asked() as sat:
        logprobs = sat.course.with_logprobs
        cases = results.all_cases(watched.settings.history, sat.run, with_logprobs=logprobs)
        if reference is None:
            _check(gate, sat, cases)
            sat.recording.event(watch.REFERENCE_MADE, watch.detail(sat.run))
            return Round(sat.run)
        contracts = contracts_of(watched.candidate, watched.settings)
        cases = judged_anew(watched.settings.history, cases, contracts)
        decision = decided(gate, sat, cases, Comparer())
        sat.recording.rows(decided_rows(sat.run.run_id, decision, datetime.now(UTC)))
        kind = watch.event_of(decision.verdict, drifted=drifted)
        if kind is not None:
            sat.recording.event(kind, watch.detail(sat.run, decision))
    return Round(sat.run, decision)


def _check(gate: Gate, sat: Sat, cases: Sequence[Case]) -> None:
    """Raises CouldNotCheckError where the answers are not fit to be a reference."""
    came, wanted = watch.coverage(cases, gate.k), gate.policy.coverage
    if came < wanted:
        failed = sat.course.failed.get(Arm.CANDIDATE)
        reason = failed.most_common(1)[0][0] if failed else ""
        why = sat.course.stopped or reason or "no answer"
        raise CouldNotCheckError(
            f"no reference was made: {came:.0%} of the calls have all answers, and {wanted:.0%} "
            f"should: {why}"
        )
    if sat.spoiled:
        raise CouldNotCheckError(f"no reference was made: {sat.spoiled[0]}")


def judged_anew(history: Path, cases: Sequence[Case], contracts: ContractSet) -> list[Case]:
    """The cases, the baseline's answers judged by the contracts in force now.

    Otherwise a contract that was changed since the reference would look like a model that was.
    """
    found: list[Case] = []
    for start in range(0, len(cases), results.BODIES_AT_ONCE):
        part = cases[start : start + results.BODIES_AT_ONCE]
        ids = [each.call_id for case in part for each in case.of(Arm.BASELINE)]
        with open_history(history, wait_s=WAIT_S, drain=False) as reader:
            recorded = dict(zip(ids, reader.recorded_many(ids), strict=True))
        found += [_anew(case, recorded, contracts) for case in part]
    return found


def _anew(case: Case, recorded: Mapping[str, Recorded], contracts: ContractSet) -> Case:
    def judged(answer: Answer) -> Answer:
        body = recorded[answer.call_id]
        told = answer_of(body, answer.arm, answer.repetition, contracts=contracts)
        parts = {name: getattr(told, name) for name in ("verdict", "contract", "violations")}
        return replace(answer, **parts)

    anew = [judged(each) if each.served else each for each in case.of(Arm.BASELINE)]
    return replace(case, answers={**case.answers, **({Arm.BASELINE: anew} if anew else {})})

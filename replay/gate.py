"""A gate: recorded calls put to a baseline and a candidate, and decided by a policy.

Both servers are looked at before anything is written. Then the run, its calls and its decision are
journaled as they come, so that whatever ends it, what was asked is kept, and `resumed` goes on.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from driftgate import __version__
from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.errors import DriftgateError
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.upstream.connection import Pool
from driftgate.replay import results
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.compare.compare import Comparer
from driftgate.replay.compare.features import Embedder
from driftgate.replay.compare.own import Comparator
from driftgate.replay.decide.decide import decide
from driftgate.replay.decide.decision import Decision
from driftgate.replay.decide.early import Watch
from driftgate.replay.decide.policy import Policy
from driftgate.replay.report.report import Report
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.contracts import contracts_of
from driftgate.replay.run.driver import Course, Driver
from driftgate.replay.run.historian import Historian
from driftgate.replay.run.interrupt import on_interrupt
from driftgate.replay.run.judging import CONTRACTS, JUDGE, Judging, judge_side
from driftgate.replay.run.kept import Run
from driftgate.replay.run.listening import Listening
from driftgate.replay.run.loop import run_loop
from driftgate.replay.run.order import Job, blocks
from driftgate.replay.run.probe import (
    Models,
    as_table,
    changed_meanwhile,
    fingerprints,
    models_of,
    moved,
    reach,
    recorded_fingerprints,
)
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.reading import Reading
from driftgate.replay.run.recording import Recording, redactor_of
from driftgate.replay.run.reported import report_of, unless_spoiled
from driftgate.replay.run.rows import decided_rows, run_row
from driftgate.replay.run.send import Sender
from driftgate.replay.run.targets import recorded_upstreams, side
from driftgate.replay.select.keep import selection_id, selection_rows
from driftgate.replay.select.selected import Selection

ARMS = (Arm.BASELINE, Arm.CANDIDATE)


class RunInterruptedError(DriftgateError):
    """Ctrl-C: the run can be resumed. run_id: of it."""

    def __init__(self, run_id: str, asked: int) -> None:
        super().__init__(
            f"interrupted after {asked:,} answers, which are kept; go on with: --resume {run_id}"
        )
        self.run_id = run_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What is put to the test, and how.

    extra, embed: comparators of the user's own, and what makes vectors of texts.
    judge: a model that is asked about pairs that differ; None: none is.
    concurrency: calls at one time at each server. stop_early: end as soon as the verdict is certain.
    resumed: the run that goes on; None: a new one.
    """

    settings: Settings
    selection: Selection
    baseline: Configuration
    candidate: Configuration
    policy: Policy
    extra: Sequence[Comparator] = ()
    embed: Embedder | None = None
    k: int = 2
    seed: int = 0
    concurrency: int = 4
    budget: Budget = field(default_factory=Budget)
    stop_early: bool = False
    judge: Configuration | None = None
    kind: str = "gate"
    resumed: Run | None = None

    @property
    def call_ids(self) -> list[str]:
        """Of the selected calls, in their order."""
        return [each.call_id for each in self.selection.calls]


def run_gate(gate: Gate, progress: Progress | None = None) -> Report:
    """Runs and decides it. Blocks; Ctrl-C ends it in good order where this is the main thread.

    Raises:
        CouldNotCheckError: a server is not there, or never answers.
        RunInterruptedError: Ctrl-C.
        UsageError, HistoryError, JournalError: as their names say.
    """
    return _Gating(gate, progress or Progress(quiet=True)).run()


class _Gating:
    """One sitting of a gate."""

    def __init__(self, gate: Gate, progress: Progress) -> None:
        self._gate, self._progress = gate, progress
        configurations = {Arm.BASELINE: gate.baseline, Arm.CANDIDATE: gate.candidate}
        self._contracts = {
            arm: contracts_of(each, gate.settings) for arm, each in configurations.items()
        }
        ids, pools = gate.call_ids, dict[str, Pool]()
        addresses = any(each.upstream is None for each in configurations.values())
        with open_history(gate.settings.history) as reader:
            recorded = recorded_upstreams(reader, ids, gate.settings, addresses=addresses)
            self._models: Models = models_of(reader, ids)
            self._fingerprints = recorded_fingerprints(reader, ids)
        self._sides = {
            arm: side(arm, each, recorded, pools) for arm, each in configurations.items()
        }
        self._judge = None if gate.judge is None else judge_side(gate.judge)
        self._moved: list[str] = []

    def run(self) -> Report:
        """The whole of it."""
        gate = self._gate
        before = run_loop(self._look(reached=False))
        run = gate.resumed or self._new_run(before)
        contracts = {arm.value: each for arm, each in self._contracts.items()}
        if self._judge is not None:
            contracts[JUDGE] = CONTRACTS
        with Historian(gate.settings) as historian:
            recording = Recording(gate.settings, contracts)
            try:
                if gate.resumed is None:
                    recording.rows(self._opening(run))
                course, after = run_loop(self._drive(run, recording))
                if course.interrupted:
                    raise RunInterruptedError(run.run_id, course.asked)
                self._progress.say("comparing")
                historian.settle()
                decision = self._decide(run, course, after, recording)
                recording.rows(decided_rows(run.run_id, decision, datetime.now(UTC)))
                historian.settle()
            except KeyboardInterrupt:  # before or behind the asking
                raise RunInterruptedError(run.run_id, self._progress.done) from None
            finally:
                recording.close()
        return report_of(run, decision)

    async def _look(self, *, reached: bool) -> dict[Arm, dict[str, Any]]:
        """What the arms' servers are; before the run first whether they are there."""
        if not reached:
            for each in self._sides.values():
                await reach(each)
            if self._judge is not None:
                await reach(self._judge, JUDGE)
        found = {}
        for arm, each in self._sides.items():
            seen = await fingerprints(each, self._models)
            found[arm] = as_table(seen)
            if arm is Arm.BASELINE and not reached:
                self._moved = moved(each, self._fingerprints, seen)
        return found

    def _new_run(self, before: Mapping[Arm, Mapping[str, Any]]) -> Run:
        gate, selection = self._gate, self._gate.selection
        redactor = redactor_of(gate.settings)
        return Run(
            run_id=text_id(new_id(time.time_ns())),
            started_at=datetime.now(UTC),
            kind=gate.kind,
            name=selection.name,
            selection_id=selection_id(selection),
            selection=selection.described,
            cases=len(selection.calls),
            k=gate.k,
            seed=gate.seed,
            baseline=gate.baseline.public(redactor),
            candidate=gate.candidate.public(redactor),
            baseline_hash=gate.baseline.hash(),
            candidate_hash=gate.candidate.hash(),
            baseline_fingerprint=before[Arm.BASELINE],
            candidate_fingerprint=before[Arm.CANDIDATE],
            policy=gate.policy.model_dump(mode="json"),
            version=__version__,
        )

    def _opening(self, run: Run) -> list[tuple[str, list[dict[str, Any]]]]:
        """The rows that a run begins with."""
        selections, calls = selection_rows(self._gate.selection, run.started_at)
        return [("selection_calls", calls), ("selections", selections), ("runs", [run_row(run)])]

    async def _drive(
        self, run: Run, recording: Recording
    ) -> tuple[Course, dict[Arm, dict[str, Any]]]:
        gate = self._gate
        listening = self._listening()
        before = await asyncio.to_thread(self._recall, run, listening)
        total = len(gate.selection.calls) * gate.k * len(ARMS)
        self._progress.start(total, len(before))
        senders = {
            arm: Sender(run.run_id, recording.of(arm.value), contracts, seed=gate.seed)
            for arm, contracts in self._contracts.items()
        }
        driver = Driver(
            Reading(gate.settings.history, self._sides),
            self._sides,
            senders,
            concurrency=gate.concurrency,
            budget=gate.budget,
            progress=self._progress,
            heard=listening.heard,
        )
        try:
            async with recording.running():
                with on_interrupt(driver.interrupt):
                    jobs = blocks(gate.call_ids, gate.k, gate.seed, done=before)
                    course = await driver.run(jobs)
            return course, {} if course.interrupted else await self._look(reached=True)
        finally:
            self._progress.stop()

    def _listening(self) -> Listening:
        gate = self._gate
        comparer = Comparer(gate.extra, gate.embed)
        watch = Watch(gate.policy, comparer.compare) if gate.stop_early else None
        chosen = {each.call_id: each for each in gate.selection.calls}
        return Listening(self._contracts, chosen, gate.k, budget=gate.budget, watch=watch)

    def _recall(self, run: Run, listening: Listening) -> set[Job]:
        """What an earlier sitting has asked already."""
        gate = self._gate
        if gate.resumed is None:
            return set()
        if gate.stop_early:
            listening.recall(results.all_cases(gate.settings.history, run))
        with open_history(gate.settings.history) as reader:
            return results.done(reader, run.run_id)

    def _decide(
        self,
        run: Run,
        course: Course,
        after: Mapping[Arm, Mapping[str, Any]],
        recording: Recording,
    ) -> Decision:
        gate, history = self._gate, self._gate.settings.history
        cases = results.all_cases(history, run, with_logprobs=course.with_logprobs)
        comparer = Comparer(gate.extra, gate.embed)
        if self._judge is not None and gate.judge is not None:
            sender = Sender(run.run_id, recording.of(JUDGE), CONTRACTS, arm=JUDGE)
            judging = Judging(self._judge, sender, gate.judge, gate.seed)
            judged = run_loop(
                judging.run(
                    history, run, cases, comparer, recording=recording, progress=self._progress
                )
            )
            comparer = Comparer(gate.extra, gate.embed, judged)
        decision = decide(
            cases,
            gate.policy,
            compare=comparer.compare,
            k=gate.k,
            seed=gate.seed,
            moved=self._moved,
            stopped=course.stopped,
        )
        for name, failed in comparer.failures.items():
            self._progress.say(f"comparator {name} failed {failed.count:,} times: {failed.reason}")
        before = {Arm.BASELINE: run.baseline_fingerprint, Arm.CANDIDATE: run.candidate_fingerprint}
        return unless_spoiled(
            decision,
            [
                line
                for arm in ARMS
                for line in changed_meanwhile(arm.value, before[arm], after.get(arm, {}))
            ],
        )

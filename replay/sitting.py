"""One sitting of a run: recorded calls put to servers, and all that comes kept.

The servers are looked at before anything is written. Then the run and its calls are journaled as they
come, so that whatever ends it, what was asked is kept, and a later sitting goes on.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from driftgate import __version__
from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.errors import DriftgateError
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.settings.model import Settings
from driftgate.replay import results
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.compare.compare import Comparer
from driftgate.replay.compare.features import Embedder
from driftgate.replay.compare.own import Comparator
from driftgate.replay.decide.early import Watch
from driftgate.replay.decide.policy import Policy
from driftgate.replay.run.answers import served_arms
from driftgate.replay.run.budget import Budget
from driftgate.replay.run.contracts import contracts_of
from driftgate.replay.run.driver import Driver
from driftgate.replay.run.historian import Historian
from driftgate.replay.run.hold import held
from driftgate.replay.run.interrupt import Terminated, on_interrupt
from driftgate.replay.run.judging import CONTRACTS, JUDGE, judge_side
from driftgate.replay.run.kept import Run
from driftgate.replay.run.lanes import Course
from driftgate.replay.run.listening import Listening
from driftgate.replay.run.loop import run_loop
from driftgate.replay.run.order import Job, blocks
from driftgate.replay.run.probe import as_table, changed_meanwhile, fingerprints, moved, reach
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.reading import Reading
from driftgate.replay.run.recording import Recording, redactor_of
from driftgate.replay.run.rows import run_row
from driftgate.replay.run.send import Sender
from driftgate.replay.run.servers import Servers
from driftgate.replay.run.warned import acting, warned
from driftgate.replay.select.keep import selection_id, selection_rows
from driftgate.replay.select.selected import Selection

Seen = Mapping[Arm, Mapping[str, Any]]  # what each arm's servers said they are


class RunInterruptedError(DriftgateError):
    """Ctrl-C: the run can be resumed. run_id: of it. terminated: it was SIGTERM."""

    def __init__(self, run_id: str, asked: int, *, terminated: bool = False) -> None:
        super().__init__(
            f"interrupted after {asked:,} answers, which are kept; go on with: --resume {run_id}"
        )
        self.run_id, self.terminated = run_id, terminated


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What is put to the test, and how.

    baseline: None: it is not asked now; the answers of `reference` stand for it, if there is one.
    extra, embed: comparators of the user's own, and what makes vectors of texts.
    judge: a model that is asked about pairs that differ; None: none is.
    concurrency: calls at one time at each server. stop_early: end as soon as the verdict is certain.
    resumed: the run that goes on; None: a new one.
    """

    settings: Settings
    selection: Selection
    baseline: Configuration | None
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
    kind: str = results.GATE
    resumed: Run | None = None
    reference: Run | None = None

    @property
    def call_ids(self) -> list[str]:
        """Of the selected calls, in their order."""
        return [each.call_id for each in self.selection.calls]

    @property
    def configurations(self) -> dict[Arm, Configuration]:
        """Of the arms that are asked, as they are asked."""
        both = {Arm.BASELINE: self.baseline, Arm.CANDIDATE: self.candidate}
        asked = {arm: each for arm, each in both.items() if each is not None}
        retries = max(each.retries for each in asked.values())  # no arm has more tries than another
        return {arm: each.model_copy(update={"retries": retries}) for arm, each in asked.items()}


@dataclass(frozen=True, slots=True)
class Sat:
    """What a sitting has asked. spoiled: what changed in a server meanwhile, one line each."""

    run: Run
    course: Course
    recording: Recording
    spoiled: Sequence[str]


class Sitting:
    """Asks, once. Blocks; Ctrl-C ends it in good order where this is the main thread."""

    def __init__(self, gate: Gate, progress: Progress) -> None:
        self._gate, self._progress = gate, progress
        configurations = gate.configurations
        self._contracts = {
            arm: contracts_of(each, gate.settings) for arm, each in configurations.items()
        }
        with open_history(gate.settings.history) as reader:
            servers = Servers.read(reader, gate.call_ids, configurations, gate.settings)
        self._servers = servers
        self._sides = (
            servers.sides()
        )  # of those that are there; agents too, while something is asked
        self.judge = None if gate.judge is None else judge_side(gate.judge)
        self.moved: list[str] = []  # in the baseline, since the calls were recorded

    @contextlib.contextmanager
    def asked(self) -> Iterator[Sat]:
        """All that was asked, while more may be written to the run's journal.

        Raises:
            CouldNotCheckError: a server is not there, or never answers; or another process asks.
            RunInterruptedError: Ctrl-C.
            UsageError, HistoryError, JournalError: as their names say.
        """
        with self._servers.standing(self._gate.settings) as self._sides:
            yield from self._ask()

    def _ask(self) -> Iterator[Sat]:
        gate = self._gate
        before = run_loop(self._look(reached=False))
        self._warn()
        run = gate.resumed or self._new_run(before)
        contracts = {arm.value: each for arm, each in self._contracts.items()}
        if self.judge is not None:
            contracts[JUDGE] = CONTRACTS
        with held(gate.settings.history, run.run_id), Historian(gate.settings) as historian:
            recording = Recording(gate.settings, contracts)
            try:
                if gate.resumed is None:
                    recording.rows(self._opening(run))
                else:
                    historian.settle()  # what was asked before may still lie in its journals
                course, after = run_loop(self._drive(run, recording))
                self._progress.say("comparing")
                historian.settle()
                yield Sat(run, course, recording, _spoiled(run, after))
                historian.settle()
            except KeyboardInterrupt as error:  # before or behind the asking
                ended = isinstance(error, Terminated)
                done = self._progress.done
                raise RunInterruptedError(run.run_id, done, terminated=ended) from None
            finally:
                recording.close()

    async def _look(self, *, reached: bool) -> dict[Arm, dict[str, Any]]:
        """What the arms' servers are; before the run first whether they are there."""
        if not reached:
            for each in self._sides.values():
                await reach(each)
            if self.judge is not None:
                await reach(self.judge, JUDGE)
        found = {}
        for arm, each in self._sides.items():
            seen = await fingerprints(each, self._servers.models)
            found[arm] = as_table(seen)
            if arm is Arm.BASELINE and not reached:
                self.moved = moved(each, self._servers.then, seen)
        return found

    def _warn(self) -> None:
        """What a person should know before the run; of a run that goes on, and of a watch, it was said."""
        gate = self._gate
        if gate.resumed is None and gate.reference is None:
            found = warned(gate.settings.history, gate.call_ids, self._sides, k=gate.k)
            for line in [*acting(self._servers.recorded), *found]:
                self._progress.say(line)

    def _new_run(self, before: Seen) -> Run:
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
            candidate=gate.candidate.public(redactor),
            candidate_hash=gate.candidate.hash(),
            candidate_fingerprint=before[Arm.CANDIDATE],
            policy=gate.policy.model_dump(mode="json"),
            version=__version__,
            **self._baseline(before),
        )

    def _baseline(self, before: Seen) -> dict[str, Any]:
        """What the run keeps of its baseline: as it is asked now, or as it was for the reference."""
        given, reference = self._gate.baseline, self._gate.reference
        if given is not None:
            return {
                "baseline": given.public(redactor_of(self._gate.settings)),
                "baseline_hash": given.hash(),
                "baseline_fingerprint": before[Arm.BASELINE],
            }
        if reference is None:
            return {}
        return {
            "baseline": {**reference.candidate, results.REFERENCE: reference.run_id},
            "baseline_hash": reference.candidate_hash,
            "baseline_fingerprint": reference.candidate_fingerprint,
        }

    def _opening(self, run: Run) -> list[tuple[str, list[dict[str, Any]]]]:
        """The rows that a run begins with."""
        selections, calls = selection_rows(self._gate.selection, run.started_at)
        return [("selection_calls", calls), ("selections", selections), ("runs", [run_row(run)])]

    async def _drive(
        self, run: Run, recording: Recording
    ) -> tuple[Course, dict[Arm, dict[str, Any]]]:
        gate = self._gate
        listening = self._listening()
        before, served = await asyncio.to_thread(self._recall, run, listening)
        self._progress.start(len(gate.call_ids) * gate.k * len(self._sides), len(before))
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
            served=served,
        )
        arms = tuple(self._sides)
        try:
            async with recording.running():
                with on_interrupt(driver.interrupt) as signals:
                    jobs = blocks(gate.call_ids, gate.k, gate.seed, arms=arms, done=before)
                    course = await driver.run(jobs)
            if course.interrupted:
                raise RunInterruptedError(run.run_id, course.asked, terminated=signals.terminated)
            return course, await self._look(reached=True)
        finally:
            self._progress.stop()

    def _listening(self) -> Listening:
        gate = self._gate
        comparer = Comparer(gate.extra, gate.embed)
        watch = Watch(gate.policy, comparer.compare) if gate.stop_early else None
        chosen = {each.call_id: each for each in gate.selection.calls}
        return Listening(self._contracts, chosen, gate.k, budget=gate.budget, watch=watch)

    def _recall(self, run: Run, listening: Listening) -> tuple[set[Job], set[Arm]]:
        """What an earlier sitting has asked already, and which arms answered."""
        gate = self._gate
        if gate.resumed is None:
            return set(), set()
        with open_history(gate.settings.history) as reader:
            done, served = results.done(reader, run.run_id), served_arms(reader, run.run_id)
        if gate.stop_early:
            listening.recall(results.all_cases(gate.settings.history, run), done)
        return done, served


def _spoiled(run: Run, after: Seen) -> list[str]:
    """What changed in the servers that were asked, while they were."""
    before = {Arm.BASELINE: run.baseline_fingerprint, Arm.CANDIDATE: run.candidate_fingerprint}
    return [
        line
        for arm, now in after.items()
        for line in changed_meanwhile(arm.value, before[arm], now)
    ]

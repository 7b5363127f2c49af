"""One sitting of a run over trajectories: both arms' Codex started, and all that comes kept.

As a sitting of single calls: the servers are looked at before anything is written, then everything is
journaled as it comes, so that whatever ends it, what was done is kept, and a later sitting goes on.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from driftgate import __version__
from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.reader import open_history
from driftgate.replay import results
from driftgate.replay.arm import Arm
from driftgate.replay.run.historian import Historian
from driftgate.replay.run.hold import held
from driftgate.replay.run.interrupt import Terminated, on_interrupt
from driftgate.replay.run.kept import Run
from driftgate.replay.run.lanes import Course
from driftgate.replay.run.loop import run_loop
from driftgate.replay.run.order import Job, blocks
from driftgate.replay.run.probe import as_table, changed_meanwhile, fingerprints, moved, reach
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.recording import Recording, redactor_of
from driftgate.replay.run.room import room
from driftgate.replay.run.rows import run_row
from driftgate.replay.run.stack import Stack
from driftgate.replay.select.keep import selection_id, selection_rows
from driftgate.replay.sitting import RunInterruptedError, Sat
from driftgate.replay.trajectory.arms import Arms
from driftgate.replay.trajectory.driver import Drive
from driftgate.replay.trajectory.playing import Begun, Playing
from driftgate.replay.trajectory.pools import Pools
from driftgate.replay.trajectory.rows import SETUPS, done, setup_row
from driftgate.replay.trajectory.wanted import TrajectoryGate
from driftgate.replay.trajectory.workspaces.templates import Templates

Seen = Mapping[Arm, Mapping[str, Any]]
_ARMS = (Arm.BASELINE, Arm.CANDIDATE)


class TrajectorySitting:
    """Runs, once. moved: what changed in the baseline since the threads were recorded."""

    def __init__(self, gate: TrajectoryGate, progress: Progress) -> None:
        self._gate, self._progress = gate, progress
        with open_history(gate.settings.history) as reader:
            self._arms = Arms.read(
                reader,
                gate.tasks,
                gate.configurations,
                gate.settings,
                base=gate.base,
                sandbox=gate.sandbox,
            )
        self._sides = self._arms.servers.sides()
        self.moved: list[str] = []

    @contextlib.contextmanager
    def asked(self) -> Iterator[Sat]:
        """All that was run, while more may be written to the run's journal.

        Raises:
            CouldNotCheckError: a server or Codex is not there; or another process runs it.
            RunInterruptedError: Ctrl-C.
            UsageError, HistoryError, JournalError: as their names say.
        """
        gate = self._gate
        before = run_loop(self._look(reached=False))
        run_id = gate.resumed.run_id if gate.resumed else text_id(new_id(time.time_ns()))
        with contextlib.ExitStack() as opened:
            opened.enter_context(held(gate.settings.history, run_id))
            folder = opened.enter_context(room(gate.settings.history, run_id))
            templates = Templates(gate.setup.workspace, folder)
            templates.prepare(gate.tasks, self._arms.agents)
            run = self._run(run_id, before, templates)
            historian = opened.enter_context(Historian(gate.settings))
            stacks = {arm: opened.enter_context(self._stack(arm)) for arm in _ARMS}
            recording = Recording(gate.settings, {})
            opened.callback(recording.close)
            begun = Begun(run, folder, recording, self._arms, templates, stacks)
            try:
                if gate.resumed is None:
                    recording.rows(self._opening(run, templates))
                else:
                    historian.settle()
                course, after = run_loop(self._drive(begun))
                self._progress.say("comparing")
                historian.settle()
                yield Sat(run, course, recording, _spoiled(run, after))
                historian.settle()
            except KeyboardInterrupt as error:
                ended = isinstance(error, Terminated)
                reached = self._progress.done
                raise RunInterruptedError(run.run_id, reached, terminated=ended) from None

    def _stack(self, arm: Arm) -> Stack:
        """The arm's own proxy."""
        contracts = self._gate.configurations[arm].contracts
        upstreams = self._arms.upstreams[arm]
        return Stack(self._gate.settings, upstreams, arm.value, contracts=contracts)

    async def _look(self, *, reached: bool) -> dict[Arm, dict[str, Any]]:
        """What the arms' servers are now; before the run first whether they are there."""
        servers = self._arms.servers
        found = {}
        for arm, side in self._sides.items():
            if not reached:
                await reach(side)
            seen = await fingerprints(side, servers.models)
            found[arm] = as_table(seen)
            if arm is Arm.BASELINE and not reached:
                self.moved = moved(side, servers.then, seen)
        return found

    def _run(self, run_id: str, before: Seen, templates: Templates) -> Run:
        """The run, a new one or the one that goes on.

        Raises:
            UsageError: the workspace is not as it was when the run began.
        """
        gate = self._gate
        if gate.resumed is not None:
            if gate.setup.codex_version not in ("", gate.program.version):
                raise UsageError(
                    f"--resume {run_id}: the run began with Codex {gate.setup.codex_version}, and this is "
                    f"{gate.program.version}; install that one, or begin a new run"
                )
            if gate.setup.workspace_digest != templates.digest:
                raise UsageError(
                    f"--resume {run_id}: the workspace {gate.setup.workspace} is not as it was when the run "
                    "began; bring it back to that, or begin a new run"
                )
            return gate.resumed
        redactor = redactor_of(gate.settings)
        facts = {"baseline": gate.baseline, "candidate": gate.candidate}
        told: dict[str, Any] = {}
        for name, each in facts.items():
            told[name] = each.public(redactor)
            told[f"{name}_hash"] = each.hash()
            told[f"{name}_fingerprint"] = before[Arm(name)]
        return Run(
            run_id=run_id,
            started_at=datetime.now(UTC),
            kind=results.TRAJECTORIES,
            name=gate.selection.name,
            selection_id=selection_id(gate.selection),
            selection=gate.selection.described,
            cases=len(gate.tasks),
            k=gate.k,
            seed=gate.seed,
            policy=gate.policy.model_dump(mode="json"),
            version=__version__,
            **told,
        )

    def _opening(self, run: Run, templates: Templates) -> list[tuple[str, list[dict[str, Any]]]]:
        """The rows that a run begins with."""
        gate = self._gate
        selections, calls = selection_rows(gate.selection, run.started_at)
        setup = replace(
            gate.setup, workspace_digest=templates.digest, codex_version=gate.program.version
        )
        return [
            ("selection_calls", calls),
            ("selections", selections),
            (SETUPS, [setup_row(run.run_id, setup)]),
            ("runs", [run_row(run)]),
        ]

    async def _drive(self, begun: Begun) -> tuple[Course, dict[Arm, dict[str, Any]]]:
        gate, run = self._gate, begun.run
        before = self._recall(run)
        ids = [task.call_id for task in gate.tasks]
        self._progress.start(len(ids) * gate.k * len(_ARMS), len(before))
        pools = Pools(gate.program, begun.folder, gate.concurrency)
        playing = Playing(gate, begun, pools)
        drive = Drive(
            playing.play,
            {arm: self._arms.lane(arm) for arm in _ARMS},
            concurrency=gate.concurrency,
            budget=gate.budget,
            progress=self._progress,
            came={job.arm for job in before},
        )
        try:
            async with begun.recording.running():
                with on_interrupt(drive.interrupt) as signals:
                    course = await drive.run(blocks(ids, gate.k, gate.seed, done=before))
            if course.interrupted:
                raise RunInterruptedError(run.run_id, course.asked, terminated=signals.terminated)
            return course, await self._look(reached=True)
        finally:
            self._progress.stop()
            await pools.close()

    def _recall(self, run: Run) -> set[Job]:
        if self._gate.resumed is None:
            return set()
        with open_history(self._gate.settings.history) as reader:
            return done(reader, run.run_id)


def _spoiled(run: Run, after: Seen) -> list[str]:
    """What changed in the servers while they were asked."""
    before = {Arm.BASELINE: run.baseline_fingerprint, Arm.CANDIDATE: run.candidate_fingerprint}
    return [
        line
        for arm, now in after.items()
        for line in changed_meanwhile(arm.value, before[arm], now)
    ]

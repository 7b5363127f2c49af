"""Plays the jobs of a run: finds what each needs, and keeps what came of it."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from driftgate.proxy.agent import mark
from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.codex.environment import environment
from driftgate.proxy.agent.codex.home import prepare
from driftgate.proxy.agent.origin import Origin
from driftgate.proxy.agent.recording import TurnRecord
from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.record import Replayed
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.settings.codex import Codex
from driftgate.replay.arm import Arm
from driftgate.replay.run.kept import Run
from driftgate.replay.run.order import Job
from driftgate.replay.run.recording import Recording, check, redactor_of
from driftgate.replay.run.send import BACKOFF_S
from driftgate.replay.run.stack import Stack
from driftgate.replay.run.targets import PREFIX
from driftgate.replay.trajectory.arms import Arms
from driftgate.replay.trajectory.play import Stand, play
from driftgate.replay.trajectory.pools import Pools
from driftgate.replay.trajectory.rows import TABLE, Ran, row
from driftgate.replay.trajectory.task import Prompt, Task
from driftgate.replay.trajectory.trajectory import Trajectory, of_json
from driftgate.replay.trajectory.wanted import TrajectoryGate
from driftgate.replay.trajectory.workspaces.check import Checker
from driftgate.replay.trajectory.workspaces.templates import Templates

_OWN = "codex"  # what stands for the agent where it was somebody's own Codex


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that something may be written to. folder: its own. stacks: the arms' proxies."""

    run: Run
    folder: Path
    recording: Recording
    arms: Arms
    templates: Templates
    stacks: Mapping[Arm, Stack]


class Playing:
    """For one event loop."""

    def __init__(self, gate: TrajectoryGate, begun: Begun, pools: Pools) -> None:
        run = begun.run
        self._gate, self._arms, self._pools = gate, begun.arms, pools
        self._templates, self._stacks = begun.templates, begun.stacks
        self._run, self._recording = run, begun.recording
        self._redactor = redactor_of(gate.settings)
        self._folder = begun.folder
        self._tasks = {task.call_id: task for task in gate.tasks}
        # no arm has more tries than another
        self._retries = max(each.retries for each in gate.configurations.values())
        self._checker = self._made_checker()

    async def play(self, job: Job) -> Trajectory:
        """One trajectory, which is in the journal behind it; once more where waiting may help.

        Raises:
            DiskFullError: it cannot be kept.
            CouldNotCheckError: the arm's own proxy has ended.
        """
        made = await self._once(job)
        for waited in range(self._retries):
            if made.failed is None or not made.passing:
                break
            await asyncio.sleep(BACKOFF_S * 2**waited)
            made = await self._once(job)
        return made

    async def _once(self, job: Job) -> Trajectory:
        check(self._recording.journal)
        task, own_id = self._tasks[job.call_id], text_id(new_id(time.time_ns()))
        codex = self._arms.codex(job.arm, task)
        began = datetime.now(UTC)
        made = await play(
            self._stand(job.arm, task, codex),
            task,
            self._templates.of(task, self._arms.agents),
            self._folder / own_id,
            self._origin(job, task, own_id),
        )
        self._gate.budget.note(made.usage.input_tokens + made.usage.output_tokens)
        if made.failed is not None:
            self._stacks[job.arm].check()
        made = cleaned(made, self._redactor)
        ran = Ran(
            own_id=own_id,
            job=job,
            trajectory=made,
            model=codex.model,
            started_at=began,
            ended_at=datetime.now(UTC),
        )
        self._recording.rows([(TABLE, [row(self._run.run_id, ran)])])
        return made

    def _origin(self, job: Job, task: Task, own_id: str) -> Origin:
        of, run = UUID(job.call_id).bytes, UUID(self._run.run_id).bytes
        replayed = mark.written(Replayed(run, job.arm.value, of, job.repetition))
        return Origin(own_id, 1, self._arms.authorization(job.arm, task), replayed)

    def _stand(self, arm: Arm, task: Task, codex: Codex) -> Stand:
        def record(origin: Origin, prompt: Prompt, thread_id: str) -> TurnRecord:
            found = TurnRecord(self._recording.journal, self._redactor, origin)
            asked = Asked(
                dialect="", model=codex.model, stream=True, input=list(map(dict, prompt.input))
            )
            name, version = task.agent or _OWN, self._gate.program.version
            found.begin(agent=name, codex=codex, version=version, asked=asked)
            found.thread(thread_id)
            return found

        return Stand(
            pool=self._pools.of(arm, codex),
            codex=codex,
            base_url=f"{self._stacks[arm].url}{PREFIX}{task.upstream}/v1",
            checker=self._checker,
            record=record,
        )

    def _made_checker(self) -> Checker | None:
        setup = self._gate.setup
        if setup.check_command is None:
            return None
        home = self._folder / "home-check"
        prepare(self._gate.base, home)
        seen = {**environment(), "CODEX_HOME": str(home)}
        return Checker(self._gate.program, setup.check_command, setup.check_timeout_s, seen)


def cleaned(made: Trajectory, redactor: Redactor) -> Trajectory:
    """The trajectory without what the settings want redacted in bodies."""
    if not redactor.has_body_rules:
        return made
    try:
        return of_json(json.loads(redactor.request_body(json.dumps(made.as_json()).encode(), None)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Trajectory(
            made.prompts, failure="redaction leaves nothing of it that can be compared"
        )

"""Trajectories as rows of the history, and back."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from driftgate.replay.arm import Arm
from driftgate.replay.run.order import Job
from driftgate.replay.trajectory.answer import TrajectoryAnswer, answer_of
from driftgate.replay.trajectory.trajectory import Trajectory, of_json

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

Row = dict[str, Any]
SETUPS, TABLE = "trajectory_runs", "trajectories"
_LIMIT = 20_000  # characters of a message in its column

log = logging.getLogger("driftgate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How a run was set up beside what every run keeps; see the table `trajectory_runs`."""

    workspace: str = ""
    workspace_digest: str = ""
    check_command: str | None = None
    check_timeout_s: float = 0.0
    sandbox: str | None = None
    agent: str | None = None
    codex_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A trajectory, and when and where it was."""

    own_id: str
    job: Job
    trajectory: Trajectory
    model: str
    started_at: datetime
    ended_at: datetime


def setup_row(run_id: str, setup: Setup) -> Row:
    """A row of `trajectory_runs`."""
    return {"run_id": run_id, **{name: getattr(setup, name) for name in _SETUP}}


def row(run_id: str, ran: Ran) -> Row:
    """A row of `trajectories`."""
    made, usage = ran.trajectory, ran.trajectory.usage
    check = made.check
    return {
        "trajectory_id": ran.own_id,
        "run_id": run_id,
        "arm": ran.job.arm.value,
        "replay_of": ran.job.call_id,
        "repetition": ran.job.repetition,
        "started_at": ran.started_at.isoformat(),
        "ended_at": ran.ended_at.isoformat(),
        "model": ran.model,
        "ending": made.ending,
        "failure": made.failed,
        "prompts": made.prompts,
        "turns": len(made.turns),
        "commands": len(made.commands),
        "failed_commands": sum(each.exit_code != 0 for each in made.commands),
        "files_changed": None if made.changes is None else len(made.changes),
        "model_calls": made.model_calls,
        "input_tokens": usage.input_tokens,
        "cached_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "total_ms": made.duration_ms,
        "check_verdict": None if check is None else check.verdict,
        "check_exit_code": None if check is None else check.exit_code,
        "message": made.message[:_LIMIT],
        "data": json.dumps(made.as_json(), ensure_ascii=False),
    }


def setup_of(reader: "Reader", run_id: str) -> Setup:
    """How a run was set up; as by default where the history does not say."""
    rows = reader.ask(
        f"SELECT {', '.join(_SETUP)} FROM {SETUPS} WHERE run_id = ?::UUID LIMIT 1",  # noqa: S608 - our own words
        [run_id],
    ).rows
    told = dict(zip(_SETUP, rows[0], strict=True)) if rows else {}
    return Setup(**{name: value for name, value in told.items() if value is not None})


def done(reader: "Reader", run_id: str) -> set[Job]:
    """What need not be run again: trajectories that came."""
    rows = reader.ask(
        "SELECT DISTINCT replay_of::VARCHAR, arm, repetition FROM trajectories "
        "WHERE run_id = ?::UUID AND failure IS NULL AND arm IN ('baseline', 'candidate')",
        [run_id],
    ).rows
    return {Job(of, Arm(arm), repetition) for of, arm, repetition in rows}


def answers_of(
    reader: "Reader", run_id: str, call_ids: Sequence[str]
) -> dict[str, dict[Arm, list[TrajectoryAnswer]]]:
    """The trajectories by recorded call and arm, in the order of the repetitions.

    Of several of one job the last that came counts, else the last one.
    """
    rows = reader.ask(
        "SELECT trajectory_id::VARCHAR, replay_of::VARCHAR, arm, repetition, model, data FROM trajectories "
        "WHERE run_id = ?::UUID AND replay_of IN (SELECT unnest(?::VARCHAR[])::UUID) "
        "AND arm IN ('baseline', 'candidate') "
        "QUALIFY row_number() OVER (PARTITION BY replay_of, arm, repetition "
        "ORDER BY failure IS NULL DESC, ended_at DESC, trajectory_id DESC) = 1 "
        "ORDER BY replay_of, arm, repetition",
        [run_id, list(call_ids)],
    ).rows
    found: dict[str, dict[Arm, list[TrajectoryAnswer]]] = {}
    for own_id, of, arm, repetition, model, data in rows:
        answer = answer_of(_read(own_id, data), Arm(arm), repetition, own_id, model=model)
        found.setdefault(of, {}).setdefault(Arm(arm), []).append(answer)
    return found


def _read(own_id: str, data: str | None) -> Trajectory:
    try:
        return of_json(json.loads(data or ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        log.warning("trajectory %s cannot be read: %.200s", own_id, error)
        return Trajectory(0, failure="it cannot be read; run it again")


_SETUP = tuple(Setup.__dataclass_fields__)

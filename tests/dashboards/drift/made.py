"""Runs in a copy of the shown history, written as a run writes them."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from driftgate.proxy.history.store import Store
from driftgate.proxy.journal.assemble import Position
from driftgate.proxy.journal.reader import Batch, JournalEvent
from driftgate.replay.arm import Arm
from driftgate.replay.run.kept import Run
from driftgate.replay.run.order import Job
from driftgate.replay.run.rows import run_row
from driftgate.replay.select.keep import selection_id, selection_rows
from driftgate.replay.select.selected import Selected, Selection
from driftgate.replay.trajectory.rows import SETUPS, TABLE, Ran, Setup, row, setup_row
from driftgate.replay.trajectory.trajectory import Trajectory

Rows = list[tuple[str, dict[str, Any]]]


def write(path: Path, rows: Rows) -> None:
    """Rows into the history."""
    events = [
        JournalEvent(time.time_ns(), "rows", json.dumps({"table": table, "rows": [told]}))
        for table, told in rows
    ]
    store = Store(path)
    store.apply([Batch(f"made {uuid4()}", [], events, Position(0, 1))])
    store.tidy()


def a_run(path: Path, call_ids: list[str], **more: Any) -> Run:
    """A run over these calls that has no answer yet, in the history."""
    selection = Selection([Selected(each, each) for each in call_ids], "by hand")
    now = datetime.now(UTC)
    made = Run(str(uuid4()), now, selection_id=selection_id(selection), cases=len(call_ids), **more)
    selections, calls = selection_rows(selection, now)
    rows: Rows = [("selection_calls", each) for each in calls]
    rows += [("selections", each) for each in selections]
    write(path, [*rows, ("runs", run_row(made))])
    return made


def trajectories(path: Path, run: Run, call_id: str, made: dict[Arm, Trajectory]) -> None:
    """What the arms of a run did with a thread, in the history."""
    rows: Rows = [(SETUPS, setup_row(run.run_id, Setup(check_command="make test")))]
    now = datetime.now(UTC)
    for arm, each in made.items():
        ran = Ran(
            own_id=str(uuid4()),
            job=Job(call_id, arm, 1),
            trajectory=each,
            model="gemma4:26b",
            started_at=now,
            ended_at=now,
        )
        rows.append((TABLE, row(run.run_id, ran)))
    write(path, rows)

"""The runs of `shown`: a gate that passed, one that broke, one that goes on, a hostile one."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from unittest import mock
from uuid import uuid4

from driftgate.replay import sitting
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.decide.decision import Decision
from driftgate.replay.decide.policy import Policy
from driftgate.replay.gate import run_gate
from driftgate.replay.run.kept import Run
from driftgate.replay.run.order import Job
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.rows import decided_rows, run_row
from driftgate.replay.select.selected import Selected, Selection
from driftgate.replay.sitting import Gate, RunInterruptedError
from driftgate.replay.trajectory.rows import SETUPS, TABLE, Ran, Setup, row, setup_row
from tests.replay.report.made import decision, poisoned, run
from tests.replay.run.drained import InProcess
from tests.replay.trajectory.made import trajectory, turn
from tests.support.scripted import Answer, Exchange, sized
from tests.support.shown_calls import BROKEN, ORDER
from tests.support.shown_hostile import HOSTILE
from tests.support.shown_stage import Stage

ENOUGH = 9  # answers after which the run that goes on is left
_POLICY = Policy(margins={"contract_pass": 0.15, "served": 0.15}, minimum=10, permutations=999)


class _Left(Progress):
    """Ends the run in the middle of it, as somebody does with Ctrl-C."""

    def answered(self, arm: str, failure: str | None) -> None:
        super().answered(arm, failure)
        if self.done >= ENOUGH:
            raise KeyboardInterrupt


async def gates(stage: Stage, ids: Sequence[str]) -> dict[str, str]:
    """The ids of runs over these calls, by name. The history holds the calls already."""
    calls = [_selected(number, call_id) for number, call_id in enumerate(ids)]
    good, bad = stage.servers["local"].url, stage.servers["candidate"].url
    stage.servers["local"].answer = _orders(0)

    def gate(candidate: str, model: str, name: str) -> Gate:
        return Gate(
            settings=stage.gate.settings,
            selection=Selection(calls, "contract orders, the newest 7 days", found=40, name=name),
            baseline=Configuration(upstream=good),
            candidate=Configuration(upstream=candidate, model=model),
            policy=_POLICY,
            seed=3,
        )

    with mock.patch.object(sitting, "Historian", InProcess):
        passed = await asyncio.to_thread(run_gate, gate(good, "gemma4:26b", "orders"))
        stage.servers["candidate"].answer = _orders(3)
        drifted = await asyncio.to_thread(run_gate, gate(bad, "gemma4:27b", "orders"))
        try:
            await asyncio.to_thread(run_gate, gate(bad, "gemma4:28b", "orders"), _Left(quiet=True))
        except RunInterruptedError as error:
            running = error.run_id
    return {"passed": passed.run.run_id, "drifted": drifted.run.run_id, "running": running}


def _selected(number: int, call_id: str) -> Selected:
    slices = {"contract": ("orders",), "dialect": ("chat",), "model": ("gemma4",)}
    return Selected(
        call_id,
        f"shop {number // 4}",
        slices,
        prompt=f"Write order {number} as JSON.",
        upstream="local",
    )


def _orders(broken: int) -> Answer:
    """Answers with the order that was asked for; `broken` of four break their contract."""

    async def answer(exchange: Exchange) -> None:
        if not exchange.head.startswith(b"POST /v1/chat"):
            await exchange.send(sized(b"{}", status=b"404 Not Found"))
            return
        asked = json.loads(exchange.body)
        number = int(asked["messages"][-1]["content"].split()[2])
        text = BROKEN if number % 4 < broken else json.dumps({**ORDER, "total": number})
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": "stop",
        }
        told = {
            "id": "c",
            "object": "chat.completion",
            "model": asked["model"],
            "choices": [choice],
        }
        usage = {"prompt_tokens": 30, "completion_tokens": 20, "total_tokens": 50}
        body = json.dumps({**told, "usage": usage}).encode()
        await exchange.send(sized(body, b"Content-Type: application/json"))

    return answer


Rows = list[tuple[str, dict[str, Any]]]


def hostile_rows() -> tuple[str, Rows]:
    """A run that strangers wrote all texts of: its id, and its rows by table."""
    text = "\n".join(each for each in HOSTILE if each.isprintable() or "\x00" in each)
    report = poisoned(text)
    return _rows(report.run, report.decision)


def trajectory_rows(call_id: str) -> tuple[str, Rows]:
    """A run that let agents go through a thread again, the one that began with this call."""
    run_id, rows = _rows(run(), decision(pairs=[]))
    setup = Setup(
        workspace="/work", check_command="make test", agent="agent", codex_version="0.169.0"
    )
    rows.append((SETUPS, setup_row(run_id, setup)))
    for arm in (Arm.BASELINE, Arm.CANDIDATE):
        for repetition in (1, 2):
            good = arm is Arm.BASELINE
            made = trajectory(turn("ls", "make test" if good else "!make test"), passes=good)
            ran = Ran(
                own_id=str(uuid4()),
                job=Job(call_id, arm, repetition),
                trajectory=made,
                model="gemma4:26b",
                started_at=datetime.now(UTC),
                ended_at=datetime.now(UTC),
            )
            rows.append((TABLE, row(run_id, ran)))
    return run_id, rows


def _rows(made: Run, decided: Decision) -> tuple[str, Rows]:
    run_id = str(uuid4())
    rows: Rows = [("runs", {**run_row(made), "run_id": run_id})]
    for table, found in decided_rows(run_id, decided, made.started_at):
        rows += [(table, each) for each in found]
    return run_id, rows

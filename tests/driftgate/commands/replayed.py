"""A history with a run in it: two recorded calls, asked again by both arms, and a decision."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.history.drain import Drain
from driftgate.proxy.journal import head
from driftgate.proxy.journal.frame import Kind
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.record import Outcome, Replayed
from driftgate.replay.decide.decision import Decision
from driftgate.replay.run.kept import Run
from tests.replay.report import made

RUN, OLDER, OPEN, FOREIGN = (f"0190a0a0-000{n}-7000-8000-000000000001" for n in (3, 2, 4, 1))
SELECTION = "7d1f9b5e-0000-5000-8000-000000000001"
SENTENCE = "Drift: contract pass rate fell by 5.6 points."
SUMMARY = '{"title": "t", "mood": "%s"}'


class Recorder:
    """Writes what a run leaves in a journal."""

    def __init__(self, history: Path) -> None:
        self.history = history
        self.journal_folder = history.with_name(f"{history.name}.journal")
        self._journal = JournalWriter(self.journal_folder, "w", Rules(min_free_bytes=0))

    def call(self, prompt: str, text: str, mark: Replayed | None = None, status: int = 200) -> str:
        """A call with its answer; its id."""
        started = self._journal.now_ns()
        call_id = new_id(started)
        pairs = [(b"Content-Type", b"application/json"), (b"x-driftgate-session", b"s")]
        asked = head.request(
            *("POST", "/v1/chat/completions"), client="c", upstream="default", url="u", pairs=pairs
        )
        body = {"model": "gemma4", "messages": [{"role": "user", "content": prompt}]}
        add = self._journal.add
        add(Kind.REQUEST, call_id, started, asked + json.dumps(body).encode())
        if mark is not None:
            add(Kind.REPLAYED, call_id, started, head.replayed(mark))
        reason = b"OK" if status == 200 else b"No"
        add(Kind.RESPONSE, call_id, started + 1000, head.response(status, reason, pairs[:1]))
        add(Kind.CHUNK, call_id, started + 2000, json.dumps(_answer(text, status)).encode())
        add(Kind.END, call_id, started + 3000, head.end(Outcome.COMPLETED))
        self._journal.commit(call_id)
        return text_id(call_id)

    def again(
        self, run: str, arm: str, of: str, number: int, text: str, *, status: int = 200
    ) -> str:
        """One answer of an arm to a recorded call."""
        mark = Replayed(UUID(run).bytes, arm, UUID(of).bytes, number)
        return self.call("again", text, mark, status)

    def selection(self, call_ids: list[str]) -> None:
        """The selection of these calls."""
        about = {"selection_id": SELECTION, "made_at": "2026-11-28 07:00:00", "seed": 7}
        counts = {"described": "all", "found": 2, "collapsed": 0, "calls": len(call_ids)}
        self._journal.rows("selections", [{**about, **counts}])
        slices = json.dumps({"contract": ["summarize"], "dialect": ["chat"]})
        rows = [
            {"selection_id": SELECTION, "position": n, "call_id": each, "session": "s"}
            for n, each in enumerate(call_ids)
        ]
        own = {"slices": slices, "duplicates": 1}
        self._journal.rows("selection_calls", [{**row, **own} for row in rows])

    def run(self, run: Run) -> None:
        """The row of a run."""
        row: dict[str, Any] = {**asdict(run), "started_at": run.started_at.isoformat()}
        for name, value in row.items():
            row[name] = json.dumps(value) if isinstance(value, dict) else value
        self._journal.rows("runs", [row])

    def decided(self, run_id: str, decision: Decision) -> None:
        """What a run decided."""
        row = {"run_id": run_id, "finished_at": "2026-11-28 08:00:00"}
        told = {"verdict": decision.verdict.value, "sentence": decision.sentence}
        text = json.dumps(decision.as_json())
        self._journal.rows("run_results", [{**row, **told, "decision": text}])

    def drain(self) -> None:
        """Takes all of it into the history."""
        drain = Drain(self.history, self.journal_folder)
        while drain.step().more:
            pass
        self._journal.close()


def _answer(text: str, status: int) -> dict[str, Any]:
    if status != 200:
        return {"error": {"message": text, "type": "server_error"}}
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {
        "id": "r",
        "object": "chat.completion",
        "model": "gemma4",
        "choices": [choice],
        "usage": usage,
    }


def build(history: Path) -> tuple[str, str]:
    """The history; ids of its two recorded calls, the first of which the candidate answers otherwise."""
    writer = Recorder(history)
    first = writer.call("Summarise \x1b[31mthis", SUMMARY % "good")
    second = writer.call("Say yes", "yes")
    writer.selection([first, second])
    for run_id in (OLDER, RUN):
        writer.again(run_id, "baseline", first, 1, SUMMARY % "good")
        writer.again(run_id, "candidate", first, 1, SUMMARY % "good")
        writer.again(run_id, "candidate", first, 2, SUMMARY % "<bad>\x07")
    writer.again(RUN, "baseline", second, 1, "yes")
    writer.again(RUN, "candidate", second, 1, "out of memory \x1b[2J", status=500)
    plain = made.run(selection_id=SELECTION, cases=2)
    for hour, run_id in enumerate((FOREIGN, OLDER, RUN, OPEN)):
        at = plain.started_at.replace(hour=8 + hour)
        foreign = 99 if run_id == FOREIGN else plain.schema
        writer.run(replace(plain, run_id=run_id, started_at=at, schema=foreign))
    for run_id in (OLDER, RUN):
        writer.decided(run_id, made.decision(sentence=SENTENCE))
    writer.drain()
    return first, second


def use(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands read this history."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(history.parent))
    monkeypatch.setenv("DRIFTGATE_HISTORY", str(history))

"""Histories with calls, selections and runs, for tests of what plays them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from driftgate.proxy.history.store import Store
from driftgate.proxy.journal.assemble import Position
from driftgate.proxy.journal.reader import Batch, JournalEvent
from driftgate.proxy.record import Chunk, Recorded, Replayed
from tests.support.recorded_calls import call_id, record

SET = "5e1ec710-0000-4000-8000-000000000001"
RUN = "019ab3f2-0000-7000-8000-0000000000aa"
STREAM = [("Content-Type", "text/event-stream")]


class Written:
    """A history, filled through the real store."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._store = Store(path)
        self._done = 0

    def add(self, *calls: Recorded) -> None:
        """Record these calls, as the historian does."""
        self._apply(list(calls), [])

    def rows(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows, as a run does through its journal."""
        detail = json.dumps({"table": table, "rows": list(rows)})
        self._apply([], [JournalEvent(0, "rows", detail)])

    def select(self, numbers: Sequence[int], name: str | None, selection: str = SET) -> None:
        """Keep a selection of the calls with these numbers."""
        made = {"selection_id": selection, "name": name, "made_at": "2026-11-25 07:00:00"}
        self.rows("selections", [made])
        chosen = [
            {"selection_id": selection, "position": at, "call_id": str(call_id(number))}
            for at, number in enumerate(numbers)
        ]
        self.rows("selection_calls", chosen)

    def run(self, selection: str | None = SET, run: str = RUN, at: str = "08:00:00") -> None:
        """Keep a run of a selection."""
        row = {"run_id": run, "started_at": f"2026-11-25 {at}", "selection_id": selection}
        self.rows("runs", [row])

    def _apply(self, calls: list[Recorded], events: list[JournalEvent]) -> None:
        self._done += 1
        self._store.apply([Batch("w1", calls, events, done=Position(0, self._done))])


def body(text: str, **more: Any) -> bytes:
    """The body of a chat request."""
    messages = [{"role": "user", "content": text}]
    return json.dumps({"model": "gemma4", "messages": messages, **more}).encode()


def call(number: int, text: str, answer: str = "", **fields: Any) -> Recorded:
    """The chat call `number`, which asks `text` and gets a stream of two chunks."""
    said = answer or f"answer {number}"
    chunks = [
        Chunk(4_000_000, f'data: "{said}"\n\n'.encode()),
        Chunk(9_000_000, b"data: [DONE]\n\n"),
    ]
    values = {
        "request_body": body(text),
        "response_headers": STREAM,
        "chunks": chunks,
        "ended_ns": 10_000_000,
        **fields,
    }
    return record(number, **values)


def replay(
    number: int, of: int, arm: str, text: str, repetition: int = 1, **fields: Any
) -> Recorded:
    """The call `number`, made by the run for an arm, of the recorded call `of`."""
    mark = Replayed(UUID(RUN).bytes, arm, call_id(of).bytes, repetition)
    return call(number, text, f"{arm} {repetition} to {of}", replayed=mark, **fields)

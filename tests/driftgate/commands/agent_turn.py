"""A call that an agent answered, with all that it did, in a real history."""

from datetime import UTC, timedelta
from typing import Any

from tests.support.recorded_calls import STARTED, Recording, call_id, record

OUTER, FIRST, SECOND = 10, 11, 13
EVIL = "\x1b]0;x\x07"


def at(second: float) -> str:
    """So many seconds after the start of call 0, as rows have it."""
    return (STARTED.replace(tzinfo=UTC) + timedelta(seconds=second)).isoformat()


def record_turn(recording: Recording) -> None:
    """A turn of two model calls: a command, an approval, a file, a message, and what was ignored."""
    outer = {"call_id": str(call_id(OUTER)), "attempt": 1}
    parent = [("x-driftgate-parent-call-id", outer["call_id"]), ("thread-id", "thread-1")]
    start: dict[str, Any] = {
        "started_at": at(OUTER),
        "agent": "agent",
        "codex_version": "0.169.0",
        "model": "gemma4",
        "model_upstream": "local",
        "sandbox": "read-only",
        "workspace": "fresh",
        "isolation": "pool",
        "prompt": "do it",
    }
    end: dict[str, Any] = {
        "ended_at": at(OUTER + 5),
        "status": "completed",
        "model_calls": 2,
        "input_tokens": 24,
        "cached_tokens": 8,
        "output_tokens": 6,
    }
    items: list[tuple[float, dict[str, Any]]] = [
        (10.5, {"kind": "ignored", "title": "seed", "status": "ignored"}),
        (
            12,
            {"kind": "command", "title": f"ls {EVIL}\n-la", "exit_code": 0, "duration_ms": 12}
            | {"text": f"a.py\n{EVIL}", "data": '{"source": "agent"}'},
        ),
        (12.5, {"kind": "approval", "title": "rm -rf /", "status": "declined"}),
        (14, {"kind": "file_change", "paths": ["a.py", "b.py"], "changes": ["update", "add"]}),
        (14.5, {"kind": "message", "text": "all\ndone"}),
        (14.6, {"kind": "command", "title": "sleep 9", "status": "in_progress"}),
    ]
    rows = [("agent_starts", {**outer, **start}), ("agent_ends", {**outer, **end})]
    for position, (second, item) in enumerate(items):
        place = {"position": position, "happened_at": at(second), "status": "completed"}
        rows.append(("agent_item_rows", {**outer, **place, **item}))
    calls = [record(number, request_headers=parent) for number in (FIRST, SECOND)]
    recording.add(record(OUTER, upstream="agent", ended_ns=5 * 10**9), *calls, rows=rows)

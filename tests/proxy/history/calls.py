"""Recorded calls as the journal gives them, made by hand."""

import json
import uuid
from typing import Any

from driftgate.proxy.journal.assemble import Position
from driftgate.proxy.journal.reader import Batch, JournalEvent
from driftgate.proxy.record import Chunk, Outcome, Recorded

T0_NS = 1_795_539_682_000_000_000
MS = 1_000_000
LOW, DONE = Position(0, 50), Position(0, 100)


def call(number: int, **changes: Any) -> Recorded:
    """A completed Chat Completions call, the n-th second after T0."""
    body = json.dumps(
        {
            "model": "gemma4",
            "temperature": 0.5,
            "messages": [
                {"role": "system", "content": "be brief"},
                {"role": "user", "content": f"question {number}"},
            ],
        }
    ).encode()
    answer = json.dumps(
        {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "model": "gemma4",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": f"answer {number}"},
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
        }
    ).encode()
    values: dict[str, Any] = {
        "call_id": uuid.UUID(int=(0x0190 << 112) + number).bytes,
        "started_ns": T0_NS + number * 1000 * MS,
        "worker": "w1",
        "method": "POST",
        "target": "/v1/chat/completions?tag=a",
        "upstream": "default",
        "client": "127.0.0.1:5000",
        "request_headers": [("User-Agent", "test"), ("x-a", "1"), ("x-a", "2")],
        "request_body": body,
        "request_size": len(body),
        "status": 200,
        "response_headers": [("content-type", "application/json")],
        "chunks": [Chunk(5 * MS, answer[:20]), Chunk(6 * MS, answer[20:])],
        "response_size": len(answer),
        "outcome": Outcome.COMPLETED,
        "connect_ns": MS,
        "first_byte_ns": 5 * MS,
        "ended_ns": 10 * MS,
        "overhead_ns": MS // 4,
    }
    return Recorded(**{**values, **changes})


def batch(
    *calls: Recorded,
    writer: str = "w1",
    events: list[JournalEvent] | None = None,
    done: Position = DONE,
    low: Position = LOW,
) -> Batch:
    """What a poll of one journal gives."""
    return Batch(writer, list(calls), events or [], done, low)

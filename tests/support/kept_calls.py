"""Calls as the historian has them behind its commit, made without a history."""

import json
from typing import Any

from driftgate.proxy.history.committed import Committed
from driftgate.proxy.history.prepare import PreparedCall, Preparer
from driftgate.proxy.journal.reader import Batch
from driftgate.proxy.record import Attempt, Chunk, Outcome, Recorded

CALL_ID = bytes.fromhex("0190a0a0aaaa7000b000000000000001")
SERVER_SPAN, FIRST_SPAN, SECOND_SPAN = "b000000000000001", "b000000000000000", "b000000000000003"
STARTED_NS = 1_800_000_000_000_000_123
PROMPT = "the prompt nobody may see"
ASKED = {
    "model": "gemma4",
    "temperature": 0.5,
    "top_k": 40,
    "seed": 7,
    "max_tokens": 100,
    "stop": ["END"],
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": PROMPT}],
}
ANSWERED = {
    "id": "chatcmpl-1",
    "model": "gemma4:12b",
    "system_fingerprint": "fp",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "an answer"},
        }
    ],
    "usage": {
        "prompt_tokens": 12,
        "completion_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 1},
    },
}
MS = 1_000_000


def chunks(answer: Any = ANSWERED, at_ms: float = 20) -> list[Chunk]:
    """A body in one piece."""
    data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return [Chunk(round(at_ms * MS), data)]


def recorded(asked: Any = ASKED, **more: Any) -> Recorded:
    """A plain call of 30 ms, which went up after one."""
    body = json.dumps(asked).encode()
    told = {
        "method": "POST",
        "target": "/v1/chat/completions",
        "upstream": "local",
        "client": "127.0.0.1:5000",
        "request_headers": [("Host", "x"), ("User-Agent", "test/1"), ("X-Driftgate-Session", "s1")],
        "request_body": body,
        "request_size": len(body),
        "status": 200,
        "response_headers": [("content-type", "application/json")],
        "chunks": chunks(),
        "outcome": Outcome.COMPLETED,
        "forwarded_ns": 1 * MS,
        "head_ns": 19 * MS,
        "first_byte_ns": 20 * MS,
        "ended_ns": 30 * MS,
        "overhead_ns": 2 * MS,
        **more,
    }
    return Recorded(CALL_ID, STARTED_NS, "w1", **told)


def attempt(number: int, reason: str, **more: Any) -> Attempt:
    """One try of 10 ms, the first one 5 ms into the call."""
    start = (5 + 12 * (number - 1)) * MS
    told = {
        "upstream": "local",
        "dialect": "chat",
        "target": "/v1/chat/completions",
        "model": "gemma4",
        "started_ns": start,
        "ended_ns": start + 10 * MS,
        "status": 200,
        "response_headers": [("content-type", "application/json")],
        "chunks": chunks(at_ms=start / MS + 8),
        "outcome": Outcome.COMPLETED,
        **more,
    }
    return Attempt(number, reason, **told)


def kept(*calls: Recorded, **columns: Any) -> Committed:
    """These calls as written. columns: what only the history knows."""
    prepared = Preparer().prepare([Batch("w1", list(calls))])
    for call in prepared.calls:
        call.kept = {**call.row, **columns}
    return Committed(prepared.calls)


def kept_call(call: Recorded | None = None, **columns: Any) -> PreparedCall:
    """One such call."""
    return kept(call or recorded(), **columns).calls[0]

"""Recorded calls whose answers a test chooses."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from driftgate.proxy.record import Attempt, Chunk, Outcome, Recorded
from tests.support.recorded_calls import ANSWER, REQUEST, Recording, record


def answer(number: int, text: str, prompt: str = "List the cities", **fields: Any) -> Recorded:
    """The chat call `number`, answered with this text."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    usage = {"prompt_tokens": 20, "completion_tokens": 30, "total_tokens": 50}
    body = json.dumps({**ANSWER, "choices": [choice], "usage": usage}).encode()
    messages = [{"role": "user", "content": prompt}]
    request = {**REQUEST, "messages": messages, "stream": False, **fields}
    return record(
        number,
        request_body=json.dumps(request).encode(),
        chunks=[Chunk(200_000_000, body)],
    )


def refused(number: int) -> Recorded:
    """The chat call `number`, refused by its contract before a model was asked."""
    call = answer(number, "no")
    judged = {"contract": "cities", "verdict": "fail", "violations": [], "repairs": []}
    error = [Chunk(1, b'{"error": {"message": "refused", "code": "input_contract"}}')]
    return replace(call, status=422, chunks=error, outcome=Outcome.REFUSED, judged=judged)


def gave_up(number: int, *texts: str, **fields: Any) -> Recorded:
    """The chat call `number`: attempts with these texts, and then an error of driftgate's own."""
    judged = {"contract": "cities", "verdict": "fail", "violations": [], "repairs": []}
    attempts = [
        Attempt(
            *(at, "first" if at == 1 else "reask", "local"),
            target="/v1/chat/completions",
            dialect="chat",
            model="gemma4",
            started_ns=at,
            ended_ns=at + 1,
            request_body=None if at == 1 else b'{"model": "gemma4", "messages": [], "again": true}',
            status=200,
            chunks=answer(number, text).chunks,
            outcome=Outcome.COMPLETED,
            judged=judged,
        )
        for at, text in enumerate(texts, 1)
    ]
    call = answer(number, "no", **fields)
    error = [Chunk(9, b'{"error": {"message": "broke contract", "code": "contract_failed"}}')]
    return replace(
        call,
        status=502,
        chunks=error,
        outcome=Outcome.REFUSED,
        error="broke contract",
        judged=judged,
        attempts=attempts,
    )


def recorded(folder: Path, texts: Sequence[str], **fields: Any) -> Recording:
    """A history with these answers."""
    recording = Recording(folder / "h.duckdb")
    recording.add(*(answer(number, text, **fields) for number, text in enumerate(texts)))
    return recording

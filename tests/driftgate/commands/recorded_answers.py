"""Recorded calls whose answers a test chooses."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from driftgate.proxy.record import Chunk, Recorded
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


def recorded(folder: Path, texts: Sequence[str], **fields: Any) -> Recording:
    """A history with these answers."""
    recording = Recording(folder / "h.duckdb")
    recording.add(*(answer(number, text, **fields) for number, text in enumerate(texts)))
    return recording

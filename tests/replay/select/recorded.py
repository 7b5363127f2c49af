"""Recorded chat calls as tests of selecting need them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from driftgate.proxy.history.reader import Reader, open_history
from driftgate.proxy.history.store import Store
from driftgate.proxy.record import Chunk, Recorded
from tests.support.recorded_calls import Recording, record

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


def chat(
    number: int,
    prompt: str = "Say hi",
    *,
    text: str = "hi",
    session: str | None = None,
    before: Sequence[Mapping[str, Any]] = (),
    calls: Sequence[str] = (),
    usage: tuple[int, int] | None = (12, 3),
    more: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Recorded:
    """The chat call `number`. before: messages; calls: tools called in the answer; more: of the body."""
    body = {
        "model": "gemma4",
        "messages": [*before, {"role": "user", "content": prompt}],
        **(more or {}),
    }
    headers = [("Content-Type", "application/json")]
    headers += [("x-driftgate-session", session)] if session else []
    return record(
        number,
        **{
            "request_body": json.dumps(body, ensure_ascii=False).encode(),
            "request_headers": headers,
            "chunks": [Chunk(200_000_000, answer(text, calls, usage))],
            **fields,
        },
    )


def answer(text: str, calls: Sequence[str] = (), usage: tuple[int, int] | None = (12, 3)) -> bytes:
    """A chat answer that calls these tools."""
    made = [
        {"id": f"c{at}", "type": "function", "function": {"name": name, "arguments": "{}"}}
        for at, name in enumerate(calls)
    ]
    message = {"role": "assistant", "content": text, **({"tool_calls": made} if made else {})}
    reason = "tool_calls" if made else "stop"
    choices = [{"index": 0, "finish_reason": reason, "message": message}]
    whole: dict[str, Any] = {"id": "r1", "object": "chat.completion", "model": "gemma4"}
    whole["choices"] = choices
    if usage is not None:
        read, written = usage
        whole["usage"] = {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
        }
    return json.dumps(whole).encode()


@cache
def _empty() -> bytes:
    """A history without calls; to make its tables takes longer than most tests."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "h.duckdb")
        store.positions()
        store.tidy()
        return store.path.read_bytes()


def recording(path: Path, *calls: Recorded) -> Path:
    """A history with these calls."""
    path.write_bytes(_empty())
    if calls:
        Recording(path).add(*calls)
    return path


@contextmanager
def history(folder: Path, *calls: Recorded) -> Iterator[Reader]:
    """A reader of a history with these calls."""
    path = recording(folder / "h.duckdb", *calls)
    with open_history(path, drain=False) as reader:
        yield reader

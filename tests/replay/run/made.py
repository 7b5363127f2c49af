"""A history with recorded calls, and a server that answers them again, for the tests of runs."""

import json
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.history.drain import Drain
from driftgate.proxy.history.reader import Result, open_history
from driftgate.proxy.journal import attempt, head
from driftgate.proxy.journal.frame import Kind
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.record import Outcome, Replayed
from driftgate.proxy.settings.model import JournalSettings, Settings, journal_root
from tests.support.scripted import sized

JSON = [(b"Content-Type", b"application/json")]
NOT_FOUND = sized(b"", status=b"404 Not Found")
BUSY = sized(b"", b"Retry-After: 0", status=b"503 Busy")


def asked(number: int, **more: Any) -> bytes:
    """A chat request."""
    messages = [{"role": "user", "content": f"question {number}"}]
    return json.dumps({"model": "m", "messages": messages, **more}).encode()


def answered(text: str, tool: dict[str, str] | None = None, **more: Any) -> bytes:
    """A chat answer."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if tool is not None:
        message["tool_calls"] = [{"id": "c1", "type": "function", "function": tool}]
    choice = {"index": 0, "finish_reason": "tool_calls" if tool else "stop", "message": message}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    told = {"id": "r", "object": "chat.completion", "model": "m", "usage": usage}
    return json.dumps({**told, "choices": [{**choice, **more}]}).encode()


@lru_cache(1)
def empty() -> bytes:
    """A history file with the schema and nothing in it: making one takes longer than a test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "h.duckdb"
        drain = Drain(path, journal_root(path))
        drain.step()
        drain.store.tidy()
        return path.read_bytes()


class Made:
    """A history beside its journal. Calls are written, and in the history once `drain` ran."""

    def __init__(
        self, folder: Path, url: str = "http://127.0.0.1:1", *, configured: bool = True
    ) -> None:
        self.path = folder / "h.duckdb"
        self.path.write_bytes(empty())
        self.settings = Settings(
            history=self.path, upstream=url, journal=JournalSettings(min_free_mb=0)
        )
        self.journal = JournalWriter(journal_root(self.path), "w", Rules(min_free_bytes=0))
        if configured:
            self.journal.config(json.dumps(self.settings.effective()))
        self._drain = Drain(self.path, journal_root(self.path))

    def call(
        self,
        body: bytes,
        answer: bytes = answered("ho"),
        *,
        target: str = "/v1/chat/completions",
        pairs: Sequence[tuple[bytes, bytes]] = JSON,
        status: int | None = 200,
        outcome: Outcome = Outcome.COMPLETED,
        run_id: str | None = None,
        arm: str = "",
        of: str = "",
        repetition: int = 1,
        attempts: Sequence[bytes] = (),
        upstream: str = "default",
    ) -> str:
        """A call, a live one or, with `run_id`, a replay; its id. attempts: what each try sent."""
        journal = self.journal
        started = journal.now_ns()
        call_id = new_id(started)
        told = head.request(
            "POST", target, client="c", upstream=upstream, url="http://u", pairs=pairs
        )
        journal.add(Kind.REQUEST, call_id, started, told + body)
        if run_id is not None:
            mark = Replayed(UUID(run_id).bytes, arm, UUID(of).bytes, repetition)
            journal.add(Kind.REPLAYED, call_id, started, head.replayed(mark))
        for number, sent in enumerate(attempts, 1):
            where = {"upstream": "default", "url": "http://u", "target": target}
            reason = "first" if number == 1 else "reask"
            began = attempt.begin(number, reason, **where, dialect=None, model=None, body=sent)
            journal.add(Kind.ATTEMPT, call_id, started + number, began)
            ended = attempt.end(Outcome.COMPLETED)
            journal.add(Kind.ATTEMPT_END, call_id, started + number, ended)
        if status is not None:
            journal.add(Kind.RESPONSE, call_id, started + 1000, head.response(status, b"", JSON))
            journal.add(Kind.CHUNK, call_id, started + 2000, answer)
        journal.add(Kind.END, call_id, started + 3000, head.end(outcome))
        journal.commit(call_id)
        return text_id(call_id)

    def drain(self) -> None:
        """Takes all that was journaled into the history."""
        while self._drain.step().more:
            pass

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows."""
        with open_history(self.path, drain=False) as reader:
            result: Result = reader.ask(sql)
            return result.rows


def says(text: str) -> bytes:
    """The answer as it goes over the wire."""
    return sized(answered(text), b"Content-Type: application/json")

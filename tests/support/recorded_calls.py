"""Calls as the history gives them: made by hand, or recorded into a real one; and a canned server."""

import gzip
import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

from driftgate.proxy.dialects.describe import describe
from driftgate.proxy.history.store import Store
from driftgate.proxy.history.whole import Call
from driftgate.proxy.journal.assemble import Position
from driftgate.proxy.journal.reader import Batch, JournalEvent
from driftgate.proxy.record import Chunk, Outcome, Recorded

ID = UUID("019ab3f2-7c41-7000-8000-000000000001")
STARTED = datetime(2026, 11, 24, 12, 0, 0, 123456)  # noqa: DTZ001 - the history's own form
REQUEST = {
    "model": "gemma4",
    "stream": True,
    "stream_options": {"include_usage": True},
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Say hi \x1b[31mred"},
    ],
}
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "gemma4",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": "Hi \x07there",
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "look", "arguments": '{"at": 1}'},
                    }
                ],
            },
        }
    ],
    "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
}
# every column of `calls` that the commands read, as a plain completed call has it
ROW: dict[str, Any] = {
    **dict.fromkeys(
        (
            *("error", "session_id", "thread_id", "turn_id", "window_id", "request_kind"),
            *("retry_of", "query", "temperature", "top_p", "top_k", "min_p", "seed"),
            *("max_tokens", "num_ctx", "reasoning_effort", "response_format", "tool_choice"),
            *("stop", "tool_names", "answer_error", "cached_tokens", "reasoning_tokens"),
            *("backend_timings", "fingerprint_id", "events", "chunk_us", "chunk_bytes"),
            *("frame_us", "frame_from_client", "frame_bytes", "response_trailers"),
            *("contract", "contract_id", "verdict", "violations", "repairs", "judged_us"),
            *("fallback", "parent_call_id", "previous_response_id"),
        )
    ),
    "call_id": ID,
    "started_at": STARTED,
    "ended_at": STARTED + timedelta(seconds=1.5),
    "outcome": "completed",
    "client": "127.0.0.1:5000",
    "user_agent": "curl/8",
    "retry_number": 0,
    "attempts": 1,
    "dialect": "chat",
    "upstream": "local",
    "method": "POST",
    "path": "/v1/chat/completions",
    "model": "gemma4",
    "stream": True,
    "input_text": "Say hi",
    "output_text": "Hi there",
    "tool_call_count": 1,
    "status": 200,
    "finish_reason": "tool_calls",
    "answer_model": "gemma4",
    "answer_complete": True,
    "input_tokens": 12,
    "output_tokens": 3,
    "request_truncated": False,
    "response_truncated": False,
    "connect_ms": 0.0,
    "first_byte_ms": 200.0,
    "first_token_ms": 250.0,
    "total_ms": 1500.0,
    "tokens_per_second": 2.4,
    "overhead_ms": 0.3,
    "worker": "w1",
}
MakeCall = Callable[..., Call]


def make_call(
    request: Any = REQUEST,
    response: Any = ANSWER,
    *,
    request_headers: list[tuple[str, str]] | None = None,
    response_headers: list[tuple[str, str]] | None = None,
    **columns: Any,
) -> Call:
    sent = request if isinstance(request, bytes) else json.dumps(request).encode()
    got = response if isinstance(response, bytes) else json.dumps(response).encode()
    row = {**ROW, "request_bytes": len(sent), "response_bytes": len(got), **columns}
    asked = request_headers or [("Host", "127.0.0.1:8787"), ("Content-Type", "application/json")]
    answered = response_headers or [("Content-Type", "application/json")]
    recorded = Recorded(
        ID.bytes,
        0,
        "w1",
        method=row["method"],
        target=row["path"],
        request_headers=asked,
        request_body=sent,
        status=row["status"],
        response_headers=answered,
        chunks=[Chunk(1, got)],
    )
    return Call(row, sent, got, asked, answered, describe(recorded))


class Canned:
    """A server on a free port with an answer for each path; 404 for the rest."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def answer(
        self, path: str, content: Any, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """From now on, answer so at `path`; what is not bytes is sent as JSON."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.answers[path] = (status, headers or {}, body)

    def close(self) -> None:
        """Stop and wait for the end."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        canned = self

        class Handler(BaseHTTPRequestHandler):
            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                canned.asked.append((self.command, self.path, dict(self.headers), body))
                status, headers, content = canned.answers.get(self.path, (404, {}, b"not found"))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _any  # noqa: N815 - the names http.server looks for

            def log_message(self, *_: Any) -> None:
                """Nothing: the test looks at `asked`."""

        return Handler


def record(number: int, **fields: Any) -> Recorded:
    """The call `number`, recorded `number` seconds after STARTED; fields override."""
    started_ns = int((STARTED.replace(tzinfo=UTC) + timedelta(seconds=number)).timestamp()) * 10**9
    values: dict[str, Any] = {
        "worker": "w1",
        "method": "POST",
        "target": "/v1/chat/completions",
        "upstream": "local",
        "client": "127.0.0.1:5000",
        "request_headers": [("Host", "127.0.0.1:8787"), ("Content-Type", "application/json")],
        "request_body": json.dumps(REQUEST).encode(),
        "status": 200,
        "response_headers": [("Content-Type", "application/json")],
        "chunks": [Chunk(200_000_000, json.dumps(ANSWER).encode())],
        "outcome": Outcome.COMPLETED,
        "ended_ns": 1_500_000_000,
        "first_byte_ns": 200_000_000,
        **fields,
    }
    made = Recorded(call_id(number).bytes, started_ns, **values)
    made.request_size = len(made.request_body)
    made.response_size = sum(len(chunk.data) for chunk in made.chunks)
    return made


def call_id(number: int) -> UUID:
    """The id of the call `number`: a UUIDv7 whose time grows with it."""
    return UUID(int=ID.int + (number << 80))


class Recording:
    """A real history, filled through the real store."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._store = Store(path)
        self._done = 0

    def add(self, *calls: Recorded, rows: Sequence[tuple[str, dict[str, Any]]] = ()) -> None:
        """Record these calls, and rows of tables by their names, as the historian does."""
        self._done += 1
        events = [
            JournalEvent(0, "rows", json.dumps({"table": table, "rows": [row]}))
            for table, row in rows
        ]
        self._store.apply([Batch("w1", list(calls), events, Position(0, self._done))])


def small(path: Path) -> Recording:
    """A history with three calls: a completed one, a refused one, one on an unknown path."""
    made = Recording(path)
    refused = json.dumps({**REQUEST, "model": "other", "stream": False}).encode()
    made.add(
        record(0),
        record(
            1,
            request_body=refused,
            request_headers=[("x-driftgate-session", "session-one")],
            status=502,
            chunks=[],
            outcome=Outcome.UPSTREAM_REFUSED,
            error="local refused the connection",
        ),
        record(
            2,
            method="GET",
            target="/unknown?a=1",
            request_body=b"",
            request_headers=[],
            response_headers=[("Content-Encoding", "gzip"), ("Content-Type", "image/x")],
            chunks=[Chunk(1, gzip.compress(b"\xff\x00binary", mtime=0))],
        ),
    )
    return made

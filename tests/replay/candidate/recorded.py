"""Recorded calls, made up, as the history gives them to `prepare`."""

import json
from pathlib import Path
from typing import Any

from driftgate.proxy.record import Chunk, Recorded
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.prepared import Prepared
from driftgate.replay.candidate.request import prepare

TARGETS = {
    "responses": "/v1/responses",
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "ollama_chat": "/api/chat",
    "ollama_generate": "/api/generate",
}
HEADERS = [
    ("content-type", "application/json"),
    ("authorization", "Bearer redacted:0123456789abcdef"),
    ("host", "127.0.0.1:8787"),
    ("content-length", "2"),
]


def call(body: Any = b"{}", dialect: str = "chat", **fields: Any) -> Recorded:
    """A recorded call; what is not bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    values: dict[str, Any] = {
        "method": "POST",
        "target": TARGETS[dialect],
        "request_headers": HEADERS,
        "request_body": data,
        "request_size": len(data),
        "status": 200,
        **fields,
    }
    return Recorded(bytes(16), 0, "w1", **values)


def answered(body: Any, answer: Any, **fields: Any) -> Recorded:
    """A call of Responses with its answer, as JSON or, given as a list, as a stream of events."""
    if isinstance(answer, list):
        data = b"".join([b"data: " + json.dumps(event).encode() + b"\n\n" for event in answer])
        kind = "text/event-stream"
    else:
        data, kind = json.dumps(answer).encode(), "application/json"
    return call(
        body,
        "responses",
        response_headers=[("content-type", kind)],
        chunks=[Chunk(1, data)],
        **fields,
    )


def sent(recorded: Recorded, environ: Any = None, **said: Any) -> Prepared:
    """The request under a configuration of these keys; the environment is empty or that given."""
    return prepare(recorded, Configuration(**said), earlier=lambda _: None, environ=environ or {})


def sent_body(body: Any, dialect: str = "chat", **said: Any) -> Any:
    """The JSON that goes out."""
    return json.loads(sent(call(body, dialect), **said).body)


def written(folder: Path, text: str, name: str = "candidate.toml") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path

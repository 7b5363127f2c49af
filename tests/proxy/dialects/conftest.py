"""What the dialect tests share: recorded calls made by hand, and the captured ones."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.dialects import Described, describe
from driftgate.proxy.record import Chunk, Outcome, Recorded

ROOT = Path(__file__).parents[3]

Call = Callable[..., Described]


def recorded(
    path: str,
    request: Any = None,
    answer: Any = None,
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: list[tuple[str, str]] | None = None,
) -> Recorded:
    """A recorded call; what is not bytes already is written as JSON, a list as chunks."""
    chunks = answer if isinstance(answer, list) else [answer]
    return Recorded(
        call_id=bytes(16),
        started_ns=0,
        worker="w",
        method="POST",
        target=path,
        request_headers=headers or [],
        request_body=b"" if request is None else as_bytes(request),
        status=status,
        response_headers=[("Content-Type", content_type)],
        chunks=[
            Chunk(1_000_000 * (n + 1), as_bytes(c)) for n, c in enumerate(chunks) if c is not None
        ],
        outcome=Outcome.COMPLETED,
    )


def as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def sse(*events: Any) -> list[bytes]:
    """Events as chunks of an SSE stream, `data:` lines only."""
    return [b"data: " + as_bytes(event) + b"\n\n" for event in events]


def ndjson(*objects: Any) -> list[bytes]:
    return [as_bytes(value) + b"\n" for value in objects]


@dataclass
class Tools:
    """Helpers by fixture, because tests are not a package."""

    recorded = staticmethod(recorded)
    sse = staticmethod(sse)
    ndjson = staticmethod(ndjson)

    @staticmethod
    def call(*args: Any, **kwargs: Any) -> Described:
        return describe(recorded(*args, **kwargs))

    @classmethod
    def stream(cls, path: str, *events: Any) -> Described:
        return cls.call(path, {}, sse(*events), content_type="text/event-stream")


@pytest.fixture
def make() -> Tools:
    return Tools()


def captures() -> Path | None:
    shared = Path(os.environ.get("DRIFTGATE_SHARED", ROOT.parent / "shared"))
    folder = shared / "captures" / "codex-0.169"
    return folder if folder.is_dir() else None


class Captures:
    """The captured Codex exchanges, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def exchange(self, name: str) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_text())
        return loaded

    def names(self) -> Iterator[str]:
        for path in sorted(self.folder.glob("*.[0-9]*.json")):
            yield path.stem

    def recorded(self, name: str) -> Recorded:
        exchange = self.exchange(name)
        asked, answered = exchange["request"], exchange["response"]
        call = recorded(
            asked["path"],
            asked["body"],
            _answer_chunks(answered),
            status=answered["status"],
            headers=[(key, value) for key, value in asked["headers"]],
        )
        call.response_headers = list(answered["headers"].items())
        return call


def _answer_chunks(answered: dict[str, Any]) -> list[Any]:
    events = answered.get("sse_events") or []
    if events:
        return [e["_raw"].encode() if "_raw" in e else sse(e)[0] for e in events]
    return [answered["body"]] if answered.get("body") is not None else []


@pytest.fixture
def codex() -> Captures:
    folder = captures()
    if folder is None:
        pytest.skip("the captured Codex exchanges (DRIFTGATE_SHARED or ../shared) are absent")
    return Captures(folder)

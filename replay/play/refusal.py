"""What a client gets where nothing can be played: an error in its own dialect. Pure."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from driftgate.proxy.dialects import dialect_of, error_body
from driftgate.proxy.errors import CallError, ClientError, GateError
from driftgate.replay.play.library import Near

NEAREST_HEADER = "x-driftgate-replay-nearest"
_REFUSED = "refused"


def unmatched(method: str, path: str, near: Sequence[Near]) -> CallError:
    """No such request was recorded (404)."""
    message = f"driftgate: no recording answers this {method} {_cut(path)}"
    if near:
        places = [each.at or "the body" for each in near[0].differences]
        where = f"differs at {', '.join(places)}" if places else "looks the same"
        message += f"; the nearest, call {near[0].call_id}, {where}"
    return _client(message, code="no_recording", status=404)


def too_large(limit: int) -> CallError:
    """The request is larger than any that could have been recorded (413)."""
    return _client(
        f"driftgate: the request is larger than {limit >> 20} MB", code="too_large", status=413
    )


def no_websocket() -> CallError:
    """Websockets are not played (426); the Codex CLI goes on over HTTP at once."""
    return _client(
        "driftgate: calls over a websocket are not played", code="no_websocket", status=426
    )


def unreadable(reason: str) -> CallError:
    """The history cannot be read now (503)."""
    message = f"driftgate: {reason}"
    return GateError(
        message, code="history_unavailable", status=503, codex_status=503, outcome=_REFUSED
    )


def body(path: str, error: CallError, near: Sequence[Near] = ()) -> bytes:
    """The error as JSON; `nearest` under `driftgate` has the recordings, and what differs."""
    plain = error_body(dialect_of(path), error, call_id="", upstream="")
    value: dict[str, Any] = json.loads(plain)
    ours = value["driftgate"] if "driftgate" in value else value["error"]["driftgate"]
    del ours["call_id"], ours["upstream"]
    if near:
        ours["nearest"] = [
            {"call_id": each.call_id, "differences": [asdict(one) for one in each.differences]}
            for each in near
        ]
    return json.dumps(value).encode()


def _client(message: str, *, code: str, status: int) -> CallError:
    return ClientError(message, code=code, status=status, codex_status=status, outcome=_REFUSED)


def _cut(path: str) -> str:
    return json.dumps(path[:200])[1:-1]

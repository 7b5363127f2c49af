"""driftgate's own errors, in the shape that the client's dialect expects."""

import json
from typing import Any

from driftgate.proxy.errors import CallError, Fault

_TYPES = {Fault.CLIENT: "invalid_request_error"}  # OpenAI's word; all else is a server_error


def error_body(dialect: str | None, error: CallError, *, call_id: str, upstream: str) -> bytes:
    """The error as JSON: Ollama's shape for Ollama's calls, OpenAI's for all others.

    Under `driftgate` stands which call it was, which upstream, whose fault, and any violations.
    """
    ours: dict[str, Any] = {
        "call_id": call_id,
        "upstream": upstream,
        "fault": error.fault.value,
    }
    if error.details:
        ours["violations"] = error.details
    body: dict[str, Any]
    if dialect is not None and dialect.startswith("ollama"):
        body = {"error": error.message, "code": error.code, "driftgate": ours}
    else:
        body = {
            "error": {
                "message": error.message,
                "type": _TYPES.get(error.fault, "server_error"),
                "param": None,
                "code": error.code,
                "driftgate": ours,
            }
        }
    return json.dumps(body).encode()

"""Which models there are, for clients that ask before they ask a model. Pure.

Played only where no such call was recorded: the least that the `openai` and `ollama` clients and
the Codex CLI accept.
"""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

_OLLAMA_VERSION = "0.13.4"  # the oldest that `codex --oss` takes
_NEVER = "1970-01-01T00:00:00Z"
_OWNER = "driftgate-replay"


def catalogue(method: str, path: str, models: Sequence[str]) -> bytes | None:
    """The answer at a path; None where it asks for nothing of the kind."""
    if method not in ("GET", "HEAD"):
        return None
    value = _value(path.rstrip("/"), models)
    return None if value is None else json.dumps(value).encode()


def _value(path: str, models: Sequence[str]) -> Any:
    if path.endswith("/api/tags"):
        return {"models": [_tag(name) for name in models]}
    if path.endswith("/api/version"):
        return {"version": _OLLAMA_VERSION}
    if path.endswith("/models"):
        return {"object": "list", "data": [_model(name) for name in models]}
    _, listed, name = path.partition("/models/")
    name = unquote(name)
    return _model(name) if listed and name in models else None


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": _OWNER}


def _tag(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "model": name,
        "modified_at": _NEVER,
        "size": 0,
        "digest": "",
        "details": {},
    }

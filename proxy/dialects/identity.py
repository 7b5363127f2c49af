"""Who asked: read from headers and body, as the client says it.

Codex (0.169) names its thread, window and turn in headers and again in the body's
`client_metadata`; the body is taken first, because over a websocket the headers are those of the
upgrade and the body those of the turn. `x-driftgate-session` wins over everything.
"""

import re
from typing import Any

from driftgate.proxy.agent.origin import PARENT_HEADER
from driftgate.proxy.dialects.lenient import clean, filled, mapping, parse
from driftgate.proxy.dialects.meaning import Identity

SESSION_HEADER = "x-driftgate-session"
TURN_METADATA = "x-codex-turn-metadata"
WINDOW = "x-codex-window-id"
_MAX_RETRIES = 1_000_000
_UUID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}(\1[0-9a-f]{4}){2}\1[0-9a-f]{12}", re.ASCII)


def read_identity(
    headers: dict[str, str], client_metadata: dict[str, Any], metadata: Any
) -> Identity:
    """The identity of a call.

    Args:
        headers: by lower-case name.
        client_metadata: the body's object of that name (Codex).
        metadata: the body's object of that name (OpenAI), or None.
    """
    header, said = headers.get, client_metadata.get
    turn = _turn_metadata(said(TURN_METADATA) or header(TURN_METADATA))
    thread = _first(
        said("thread_id"), header("thread-id"), turn.get("thread_id"), header("conversation_id")
    )
    asked = mapping(metadata)
    session = _first(
        header(SESSION_HEADER),
        thread,
        said("session_id"),
        header("session-id"),
        header("session_id"),
        asked.get("session_id"),
        asked.get("session"),
    )
    return Identity(
        session_id=session,
        thread_id=thread,
        turn_id=_first(said("turn_id"), turn.get("turn_id")),
        window_id=_first(said(WINDOW), header(WINDOW), turn.get("window_id")),
        request_kind=filled(turn.get("request_kind")),
        originator=_text(header("originator")),
        user_agent=_text(header("user-agent")),
        client_retry=_count(header("x-stainless-retry-count")),
        parent_call_id=_uuid(header(PARENT_HEADER)),
    )


def _turn_metadata(value: Any) -> dict[str, Any]:
    if isinstance(value, str) and value:
        return mapping(parse(value.encode("utf-8", "replace")))
    return mapping(value)


def _first(*values: Any) -> str | None:
    for value in values:
        if isinstance(value, str) and value:
            return clean(value)
    return None


def _text(value: str | None) -> str | None:
    return clean(value) if value else None


def _uuid(value: str | None) -> str | None:
    """The id as hex digits; what is none, or the id of nothing, is None."""
    found = _UUID.fullmatch(value.strip().lower()) if value else None
    digits = found[0].replace("-", "") if found else ""
    return digits if digits.strip("0") else None


def _count(value: str | None) -> int | None:
    """A small whole number; anything else that a client may write here is nothing."""
    if (
        not value
        or not value.isascii()
        or not value.isdigit()
        or len(value) > len(str(_MAX_RETRIES))
    ):
        return None
    return int(value)

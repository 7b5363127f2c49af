"""What the journal's frames say of attempts and verdicts, as bytes. Pure.

An ATTEMPT frame is one line of JSON, then the body as sent; an ATTEMPT_RESPONSE is a response head
(see `head`); ATTEMPT_END and JUDGED are one JSON object. Attempts of a call follow each other, so
that a frame belongs to the attempt that began last.
"""

import json
from typing import Any, NotRequired, TypedDict, Unpack

from driftgate.proxy.journal import head
from driftgate.proxy.record import Attempt, Outcome, Recorded

_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_TEXTS = ("reason", "upstream", "upstream_url", "target")
_NAMES = ("dialect", "model")  # may be unknown


class Sent(TypedDict):
    """Where an attempt goes and what is sent. `body` None: exactly what the client sent."""

    upstream: str
    url: str
    target: str
    dialect: NotRequired[str | None]
    model: NotRequired[str | None]
    body: NotRequired[bytes | None]


def begin(number: int, reason: str, **sent: Unpack[Sent]) -> bytes:
    """The data of an ATTEMPT frame."""
    body = sent.get("body")
    facts = {
        "number": number,
        "reason": reason,
        "upstream": sent["upstream"],
        "upstream_url": sent["url"],
        "target": sent["target"],
        "dialect": sent.get("dialect"),
        "model": sent.get("model"),
        "own_body": body is not None,
    }
    return json.dumps(facts).encode() + b"\n" + (body or b"")


def read_begin(data: bytes, attempt: Attempt) -> None:
    """Fills `attempt` from an ATTEMPT frame; what cannot be read stays as it was."""
    line, _, body = data.partition(b"\n")
    facts = read_object(line)
    if type(facts.get("number")) is int:
        attempt.number = facts["number"]
    for name in _TEXTS:
        if isinstance(facts.get(name), str):
            setattr(attempt, name, facts[name])
    for name in _NAMES:
        value = facts.get(name)
        setattr(attempt, name, value if isinstance(value, str) else None)
    if facts.get("own_body") is True:
        attempt.request_body = body


def read_response(data: bytes, attempt: Attempt) -> None:
    """Fills `attempt` from an ATTEMPT_RESPONSE frame."""
    call = Recorded(b"", 0, "")
    head.read_response(data, call)
    attempt.status, attempt.response_headers = call.status, call.response_headers


def end(
    outcome: Outcome,
    error: str | None = None,
    judged: dict[str, Any] | None = None,
    connect_ns: int | None = None,
) -> bytes:
    """The data of an ATTEMPT_END frame. `judged` as in `driftgate.proxy.judging`."""
    facts = {"outcome": outcome.value, "error": error, "judged": judged or {}}
    return verdict({**facts, "connect_ns": connect_ns})


def read_end(data: bytes, attempt: Attempt) -> None:
    """Fills `attempt` from an ATTEMPT_END frame."""
    facts = read_object(data)
    outcome, error, found = facts.get("outcome"), facts.get("error"), facts.get("judged")
    connect_ns = facts.get("connect_ns")
    attempt.connect_ns = connect_ns if type(connect_ns) is int else None
    attempt.outcome = _OUTCOMES.get(str(outcome), Outcome.FAILED)
    attempt.error = error if isinstance(error, str) else None
    attempt.judged = found if isinstance(found, dict) else {}


def verdict(found: dict[str, Any]) -> bytes:
    """The data of a JUDGED frame."""
    return json.dumps(found).encode()


def read_object(data: bytes) -> dict[str, Any]:
    """A JSON object out of a frame; empty where there is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}

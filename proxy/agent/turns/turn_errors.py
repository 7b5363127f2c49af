"""Codex's account of a failed turn as an error for clients: which code, whose fault. Pure.

Codex tells `{message, codexErrorInfo}`. What it makes of a model server's answer (0.169):
    400                     the raw body as message, info `other`
    404, model_not_found    the server's message, info `modelNotFound`
    401, 413, 503, ...      `unexpected status 503 ...: BODY, url: ...`, `httpConnectionFailed` with the status
    429                     `exceeded retry limit, ...`, `responseTooManyFailedAttempts` with the status
    500                     words of Codex's own, info `internalServerError`
    no connection           `Connection failed: ...`, `httpConnectionFailed` without a status
    a prompt too long       words of Codex's own, info `contextWindowExceeded`
    a stream that breaks    `stream disconnected before completion: ...`, info `other`
"""

import re
from collections.abc import Mapping
from typing import Any

from driftgate.proxy.agent.failures import context_full, interrupted, model_failed
from driftgate.proxy.agent.steps import TurnError
from driftgate.proxy.agent.turns.bounds import line
from driftgate.proxy.dialects.faults import error_message
from driftgate.proxy.dialects.lenient import filled, integer, mapping, parse

_STATUSES = {
    "usageLimitExceeded": 429,
    "rateLimitExceeded": 429,
    "serverOverloaded": 503,
    "modelNotFound": 404,
    "unauthorized": 401,
    "badRequest": 400,
}
_REFUSED = 400  # the only status whose body Codex shows as it is
_CLIENT, _SERVER = 400, 600
_UNKNOWN = 502
_CONTEXT = re.compile(r"exceed\w*_context|context_length_exceeded", re.ASCII)
_URL = re.compile(r",? ?url: \S+")  # this proxy's own address says nothing to a client
_ANSWERED = re.compile(r"unexpected status \d+[^:{]*: *")
_MESSAGE = 600  # characters


def turn_error(error: Mapping[str, Any]) -> TurnError:
    """The error of a turn that Codex calls failed. error: Codex's, empty where it told none."""
    message = filled(error.get("message")) or "Codex gave no reason"
    info = error.get("codexErrorInfo")
    if info == "contextWindowExceeded" or _CONTEXT.search(message[:10_000]):
        return context_full(_words(message)).error
    if info == "tooManyDenials":
        return interrupted("too many of its requests were refused").error
    if info == "internalServerError":
        return model_failed("the model's server answered 500", 500).error
    return model_failed(_words(message), _status(info, message)).error


def _status(info: Any, message: str) -> int:
    if isinstance(info, str) and info in _STATUSES:
        return _STATUSES[info]
    for inner in mapping(info).values():
        status = integer(mapping(inner).get("httpStatusCode"))
        if status is not None and _CLIENT <= status < _SERVER:
            return status
    return _REFUSED if _said(message) else _UNKNOWN


def _said(message: str) -> str | None:
    """The message inside a body of JSON, where Codex passes one on."""
    if not message.startswith("{"):
        return None
    return error_message(parse(message.encode("utf-8", "replace")))


def _words(message: str) -> str:
    bare = _URL.sub("", _ANSWERED.sub(_keep, message[:10_000], count=1))
    head, brace, rest = bare.partition("{")
    said = _said(brace + rest)
    return line(head + said if said else bare, _MESSAGE)


def _keep(found: re.Match[str]) -> str:
    return found[0].removeprefix("unexpected ").rstrip(": ") + ": "

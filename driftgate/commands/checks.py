"""What a check of `driftgate doctor` finds, and how one asks a server a short question."""

import http.client
import json
import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import SplitResult, urlsplit

from driftgate import __version__

AGENT = f"driftgate-doctor/{__version__}"
_LARGEST = 8 << 20  # bytes of an answer that are read


class State(StrEnum):
    """How a check ended. Only PROBLEM and UNKNOWN count for the exit code."""

    GOOD = "good"
    NOTE = "note"  # worth knowing, nothing is wrong
    WARNING = "warning"  # works, but may disappoint
    PROBLEM = "problem"
    UNKNOWN = "unknown"  # could not be checked


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report, and what to do about it."""

    check: str
    state: State
    what: str
    remedy: str | None = None

    def as_object(self) -> dict[str, Any]:
        """The finding as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a short question. `json` is None where the body is no JSON."""

    status: int
    headers: dict[str, str]
    body: bytes
    json: Any


class NoReplyError(Exception):
    """Nobody answered: says why, in one line."""


def ask(
    url: str,
    path: str,
    *,
    method: str = "GET",
    body: Any = None,
    headers: dict[str, str] | None = None,
    timeout_s: float = 5.0,
) -> Reply:
    """One request to the server at `url`; a path prefix of the URL is kept.

    Raises:
        NoReplyError: no connection, no HTTP, or no answer in time.
    """
    sent = {"User-Agent": AGENT, "Accept": "*/*", **(headers or {})}
    data = None if body is None else json.dumps(body)
    if data is not None:
        sent["Content-Type"] = "application/json"
    try:
        parts = urlsplit(url)
        connection = _connection(parts, timeout_s)
        try:
            connection.request(method, parts.path.rstrip("/") + path, data, sent)
            response = connection.getresponse()
            content = b"" if response.status < 200 else response.read(_LARGEST)  # noqa: PLR2004 - 1xx has none
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoReplyError(_reason(error, timeout_s)) from error
    fields = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, fields, content, parsed(content))


def _connection(parts: SplitResult, timeout_s: float) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=timeout_s)


def _reason(error: Exception, timeout_s: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout_s:.0f} s"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return f"{type(error).__name__}: {error}".rstrip(": ")


def parsed(content: bytes) -> Any:
    """The JSON value, or None where it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def version_of(text: str) -> tuple[int, ...]:
    """The first dotted number in `text` as integers; empty where there is none."""
    found = re.search(r"\d{1,9}(?:\.\d{1,9})+", text)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def inside(value: Any, *path: str | int) -> Any:
    """What lies at `path` inside nested JSON; None where it is not there."""
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and len(value) > step:
            value = value[step]
        else:
            return None
    return value

"""The app server's framing: one JSON object a line, both ways, JSON-RPC without its version member.

Pure. https://github.com/openai/codex/tree/main/codex-rs/app-server describes the protocol.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from driftgate.proxy.dialects.lenient import filled, mapping, parse

Json = dict[str, Any]

MAX_LINE = 64 << 20  # bytes; the longest that Codex has a reason for holds the images of a prompt


class RpcError(Exception):
    """A request that the other side refused. code: JSON-RPC's; message: in its own words."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class LineTooLongError(Exception):
    """What comes is no such protocol, or has run away."""


class Lines:
    """Cuts what comes into lines. A line without its end is kept until the end comes."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are whole now, without their ends; empty ones are left out.

        Raises:
            LineTooLongError: one is longer than the limit.
        """
        *whole, rest = data.split(b"\n")
        if whole:
            whole[0] = b"".join([*self._parts, whole[0]])
            self._parts, self._size = [], 0
        if rest:
            self._parts.append(rest)
            self._size += len(rest)
        if self._size > self._limit or any(len(line) > self._limit for line in whole):
            raise LineTooLongError(f"a line of more than {self._limit} bytes")
        return [line for line in whole if line.strip()]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a request of ours. error: why there is no result; None: there is one."""

    request: int
    result: Json
    error: RpcError | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A notification, or a request of Codex's own, which has an `id`. message: as it came."""

    message: Json

    @property
    def method(self) -> str:
        """What it is."""
        return str(self.message["method"])

    @property
    def request(self) -> Any:
        """The id of a request; None: a notification."""
        return self.message.get("id")

    @property
    def thread(self) -> str | None:
        """The thread that it is about; None: none."""
        params = self.message["params"]
        return filled(params.get("threadId")) or filled(mapping(params.get("thread")).get("id"))


def read(line: bytes) -> Reply | Told | None:
    """A line's meaning; None: it has none here."""
    message = parse(line)
    if not isinstance(message, dict):
        return None
    if isinstance(message.get("method"), str):
        return Told({**message, "params": mapping(message.get("params"))})
    number = message.get("id")
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    if "error" in message:
        return Reply(number, {}, _error(message["error"]))
    return Reply(number, mapping(message.get("result")))


def request(number: int, method: str, params: Mapping[str, Any]) -> bytes:
    """A request as a line."""
    return _line({"id": number, "method": method, "params": params})


def notification(method: str) -> bytes:
    """A notification as a line."""
    return _line({"method": method})


def result(number: Any, value: Mapping[str, Any]) -> bytes:
    """The answer to a request of Codex's."""
    return _line({"id": number, "result": value})


def refusal(number: Any, message: str) -> bytes:
    """That a request of Codex's is not answered."""
    return _line({"id": number, "error": {"code": -32601, "message": message}})


def _line(message: Mapping[str, Any]) -> bytes:
    # ASCII: a lone surrogate that a client sent is no UTF-8, but an escape says it
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def _error(raw: Any) -> RpcError:
    error = mapping(raw)
    code = error.get("code")
    return RpcError(code if isinstance(code, int) else 0, str(error.get("message", raw)))

"""What the journal gives back: one recorded call, in raw parts, before any dialect reads it.

A pure value between the journal (which restores it) and the history (which describes and keeps
it). All times are nanoseconds: `started_ns` since the Unix epoch, every other one since the call
started.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a call ended; each call has exactly one."""

    COMPLETED = "completed"  # the upstream's whole answer reached the client
    CLIENT_GONE = "client_gone"  # the client left first
    UPSTREAM_REFUSED = "upstream_refused"  # no connection: refused, unknown host, TLS
    UPSTREAM_RESET = "upstream_reset"  # the connection broke before the answer's end
    UPSTREAM_TIMEOUT = "upstream_timeout"  # connect, first byte or idle limit passed
    UPSTREAM_INVALID = "upstream_invalid"  # what came is not HTTP
    CLIENT_INVALID = "client_invalid"  # what the client sent cannot be forwarded
    REFUSED = "refused"  # driftgate itself refused (stopping, disk full, no such upstream)
    INTERRUPTED = "interrupted"  # driftgate was killed while the call ran
    FAILED = "failed"  # driftgate's own fault


@dataclass(slots=True)
class Chunk:
    """Bytes as one network read gave them. `offset_ns` counts from the call's start."""

    offset_ns: int
    data: bytes


@dataclass(slots=True)
class Attempt:
    """One try at one upstream, of a call that driftgate did not just pass through.

    number: from 1. reason: why it was made: first, retry, reask, fallback.
    request_body: what was sent; None: exactly what the client sent.
    judged: what was found and done: contract, contract_id, verdict, violations, repairs, judged_us
        (see `driftgate.proxy.judging`); empty where nothing was judged.
    Times are nanoseconds since the call started.
    """

    number: int
    reason: str
    upstream: str
    upstream_url: str = ""
    target: str = ""
    dialect: str | None = None  # in which the upstream was asked
    model: str | None = None
    started_ns: int = 0
    ended_ns: int | None = None
    connect_ns: int | None = None  # spent on a new connection; 0: a kept one; None: there was none
    request_body: bytes | None = None
    status: int | None = None
    response_headers: list[tuple[str, str]] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    outcome: Outcome = Outcome.INTERRUPTED
    error: str | None = None
    judged: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Replayed:
    """That a call is no live one: which run made it, for which arm, of which recorded call.

    run_id, of: 16 bytes; zeros where there is none (an imported call is of no run).
    arm: baseline, candidate, shadow or imported. repetition: from 1.
    """

    run_id: bytes
    arm: str
    of: bytes
    repetition: int = 1


@dataclass(slots=True)
class Recorded:
    """One call as the journal keeps it: bytes and times, nothing interpreted.

    request_body and chunks hold the payload as sent (content codings intact, chunked framing
    removed). `request_size` and `response_size` count all bytes that passed, also those beyond
    the recording limit (`*_truncated`).
    """

    call_id: bytes  # 16 bytes, UUIDv7
    started_ns: int
    worker: str
    method: str = ""
    target: str = ""  # path and query as sent, secrets in the query replaced
    upstream: str = ""  # its name
    upstream_url: str = ""
    client: str = ""  # address:port
    request_headers: list[tuple[str, str]] = field(default_factory=list)  # latin-1, redacted
    request_body: bytes = b""
    request_size: int = 0
    request_truncated: bool = False
    status: int | None = None
    reason: str = ""
    response_headers: list[tuple[str, str]] = field(default_factory=list)
    trailers: list[tuple[str, str]] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    response_size: int = 0
    response_truncated: bool = False
    frames: list[tuple[int, bool, bytes]] = field(default_factory=list)
    # websocket: (offset_ns, from the client, bytes)
    attempts: list[Attempt] = field(default_factory=list)  # empty: passed through, one attempt
    judged: dict[str, Any] = field(default_factory=dict)  # of the call; empty: judged at ingest
    replayed: Replayed | None = None  # None: a live call
    outcome: Outcome = Outcome.INTERRUPTED
    error: str | None = None
    forwarded_ns: int | None = None  # the request was on its way to the upstream
    head_ns: int | None = None  # the answer's status line arrived
    first_byte_ns: int | None = None  # the answer's first body byte arrived
    ended_ns: int | None = None  # None: interrupted
    overhead_ns: int | None = None  # driftgate's own part of the time
    connect_ns: int | None = None  # spent on new connections; 0: kept ones; None: there was none

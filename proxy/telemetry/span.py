"""A span as driftgate makes it: a plain value, which only `driftgate.proxy.telemetry.sender` turns into OpenTelemetry's."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Value = str | bool | int | float | Sequence[str]
Attributes = dict[str, Value]

TEXT_LIMIT = 4096  # characters of one attribute that is no content


class Kind(StrEnum):
    """As OpenTelemetry's SpanKind."""

    SERVER = "server"
    CLIENT = "client"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that belongs to a moment of a span. at_ns: since the Unix epoch."""

    name: str
    at_ns: int
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Span:
    """Times are nanoseconds since the Unix epoch, ids hex digits (32 and 16).

    remote: the parent is of another program. error: why it failed, perhaps in no words (""); None: it
    did not.
    """

    name: str
    kind: Kind
    trace_id: str
    span_id: str
    parent_id: str | None
    start_ns: int
    end_ns: int
    attributes: Attributes
    events: tuple[Event, ...] = ()
    remote: bool = False
    error: str | None = None


def filled(pairs: dict[str, Value | None]) -> Attributes:
    """Those that are known; texts bounded."""
    return {
        name: value[:TEXT_LIMIT] if isinstance(value, str) else value
        for name, value in pairs.items()
        if value is not None
    }

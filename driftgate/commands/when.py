"""Times as people write and read them, in their own zone. The history keeps UTC without one."""

import time
from datetime import UTC, datetime

from driftgate.proxy.units import span


def local(value: datetime | None, timespec: str = "seconds") -> str:
    """A time of the history as people read it, in their own zone."""
    if value is None:
        return ""
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone().replace(tzinfo=None).isoformat(" ", timespec)


def local_ns(at_ns: int | None) -> str:
    """Nanoseconds since the Unix epoch, as people read them."""
    return "" if at_ns is None else local(datetime.fromtimestamp(at_ns / 1e9, UTC))


def ago(at: float, now: float | None = None) -> str:
    """How long ago a time is, for people. Both in seconds since the Unix epoch; now: else the clock's."""
    then = time.time() if now is None else now
    return f"{span(max(then - at, 0) * 1000)} ago"

"""Times, durations and sizes as programs and people read them. The history keeps UTC without a zone."""

from datetime import UTC, datetime
from typing import Any


def iso(value: datetime | None) -> str | None:
    """A time of the history as ISO 8601 with its zone, microseconds kept."""
    if value is None:
        return None
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds(value: Any) -> float | None:
    """A time in a status as seconds since the Unix epoch: a number of s, ms or ns, or ISO 8601."""
    if isinstance(value, str):
        try:
            then = datetime.fromisoformat(value)
        except ValueError:
            return None
        return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value / 1e9 if value > 1e17 else value / 1e3 if value > 1e11 else float(value)  # noqa: PLR2004 - years 1973 to 5138 in each unit


def span(milliseconds: float | None) -> str:
    """A duration in the unit that reads best: 850ms, 3.2s, 4m10s, 2h05m."""
    if milliseconds is None:
        return ""
    if milliseconds < 999.5:  # noqa: PLR2004 - a second, rounded
        return f"{milliseconds:.0f}ms" if milliseconds >= 10 else f"{milliseconds:.1f}ms"  # noqa: PLR2004
    seconds = milliseconds / 1000
    if seconds < 59.95:  # noqa: PLR2004 - a minute, rounded
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:  # noqa: PLR2004 - an hour
        return f"{minutes}m{rest:02d}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m"


def size(count: int | None) -> str:
    """A number of bytes in the unit that reads best."""
    if count is None:
        return ""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:  # noqa: PLR2004 - SI units
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"

"""The time that a page looks at, the time before it, and the steps of its charts. Pure.

Times are UTC without a zone, as the history has them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from driftgate.proxy.errors import UsageError

RANGES = {
    "1h": ("the last hour", timedelta(hours=1)),
    "24h": ("the last 24 hours", timedelta(hours=24)),
    "7d": ("the last 7 days", timedelta(days=7)),
    "30d": ("the last 30 days", timedelta(days=30)),
    "all": ("the whole history", None),
}
STEPS = {  # seconds -> what one is called
    60: "minute",
    300: "5 minutes",
    900: "15 minutes",
    1800: "30 minutes",
    3600: "hour",
    3 * 3600: "3 hours",
    12 * 3600: "12 hours",
    86400: "day",
    2 * 86400: "2 days",
    7 * 86400: "week",
    28 * 86400: "4 weeks",
    364 * 86400: "year",
}
MOST_STEPS = 62  # of a chart: as many as an hour has minutes; each costs time in several charts
_ORIGIN = datetime.fromisoformat("2000-01-03")  # a Monday: where DuckDB's time_bucket counts from
_BEGINNING = datetime.fromisoformat("1970-01-01")  # before all calls


@dataclass(frozen=True, slots=True)
class Period:
    """From since until before `until`. before: as much time before it begins there; None: no such."""

    name: str
    since: datetime
    until: datetime
    before: datetime | None

    @property
    def words(self) -> str:
        """The period for people: the last 7 days."""
        return RANGES[self.name][0]

    @property
    def words_before(self) -> str:
        """The one before it for people; empty where there is none."""
        return "" if self.before is None else self.words.replace("the last", "the") + " before"


def period(name: str, now: datetime | None = None) -> Period:
    """The period of that name, up to now; now: UTC without a zone.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in RANGES:
        raise UsageError(f"since '{name}' is none; one of: {', '.join(RANGES)}")
    until = now or datetime.now(UTC).replace(tzinfo=None)
    length = RANGES[name][1]
    if length is None:
        return Period(name, _BEGINNING, until, None)
    return Period(name, until - length, until, until - 2 * length)


def step(first: datetime, until: datetime) -> int:
    """Seconds of one step, so that a chart from `first` on has at most MOST_STEPS of them."""
    length = (until - first).total_seconds()
    return next((each for each in STEPS if length / each < MOST_STEPS - 1), max(STEPS))


def steps(first: datetime, until: datetime, seconds: int) -> list[datetime]:
    """When each step begins, from the one that holds `first` on; as DuckDB's time_bucket cuts them."""
    each = timedelta(seconds=seconds)
    at = _ORIGIN + (first - _ORIGIN) // each * each
    made = []
    while at < until:
        made.append(at)
        at += each
    return made

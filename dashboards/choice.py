"""Which calls a page shows: the filters in its address. Pure, but for `check`."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from driftgate.replay.select.filters import Filters

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

NAMES = tuple(field.name for field in fields(Filters) if field.name != "prefix")
FAILING = "failing"  # a filter of ours beside those of the command line
_FAILED = "(outcome <> 'completed' OR status >= 400 OR verdict = 'fail')"
# these read long texts of every call, or anything at all
_COSTLY = frozenset({"text", "where"})
WORDS = {
    "text": "text",
    "model": "model",
    "session": "session",
    "status": "status",
    "verdict": "verdict",
    "since": "since",
    "until": "until",
    "upstream": "upstream",
    "contract": "contract",
    "client": "client",
    "originator": "originator",
    "dialect": "dialect",
    "outcome": "outcome",
    "path": "path",
    "tool": "tool called",
    "min_ms": "at least ms",
    "parent": "parent call",
    "where": "SQL condition",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The filters of one address. failing: only calls that failed, or whose answer did."""

    filters: Filters
    failing: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Choice":
        """What an address chooses; empty parameters choose nothing."""
        given = {name: query[name].strip() for name in NAMES if query.get(name, "").strip()}
        return cls(Filters(**given, prefix=""), bool(query.get(FAILING)))

    @property
    def typed(self) -> bool:
        """Whether SQL of people is in it."""
        return self.filters.where is not None

    @property
    def costly(self) -> bool:
        """Whether it reads much of every call."""
        return not _COSTLY.isdisjoint(self.filters.given())

    @property
    def address(self) -> dict[str, str]:
        """The query parameters that choose the same."""
        return self.filters.given() | ({FAILING: "yes"} if self.failing else {})

    def link(self, path: str, **more: str) -> str:
        """An address below the base with these filters; more: further parameters, empty ones not."""
        query = urlencode(self.address | {name: value for name, value in more.items() if value})
        return f"{path}?{query}" if query else path

    def without(self, name: str) -> "Choice":
        """The same but for one filter."""
        return Choice.of({key: value for key, value in self.address.items() if key != name})

    def named(self, now: datetime | None = None) -> tuple[str, dict[str, Any]]:
        """A condition over `calls`, and its parameters by name. `now`, with its zone: of ages.

        Raises:
            UsageError: a value is not what its filter takes.
        """
        sql, values = self.filters.named(now)
        return (f"{sql} AND {_FAILED}" if self.failing else sql), values

    def check(self, reader: "Reader") -> None:
        """Refuses SQL that is no condition by itself: QueryError."""
        self.filters.check(reader)

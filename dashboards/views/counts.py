"""Counts of calls, added up from cells of time, upstream, model and contract. Pure."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, fields
from operator import itemgetter
from typing import Any, TypeVar

Row = Mapping[str, Any]
K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class Counts:
    """What happened to calls. The names are those of the statement `cells`.

    errors: not completed, or a status of 400 and more; client_errors: those of them that the client
    caused. broke: answered, and the contract was broken. passed, failed: by verdict.
    """

    calls: int = 0
    errors: int = 0
    client_errors: int = 0
    passed: int = 0
    failed: int = 0
    broke: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    overhead_ms: float = 0.0
    overhead_calls: int = 0

    @property
    def good(self) -> int:
        """Calls that were answered, with nothing wrong about the answer."""
        return self.calls - self.errors - self.broke

    @property
    def judged(self) -> int:
        """Answers with a verdict of pass or fail."""
        return self.passed + self.failed

    @property
    def pass_rate(self) -> float | None:
        """Passed over judged; None: none was judged."""
        return share(self.passed, self.judged)

    @property
    def violation_rate(self) -> float | None:
        """Failed over judged; None: none was judged."""
        return share(self.failed, self.judged)

    @property
    def error_rate(self) -> float | None:
        """Errors over calls; None: there were none."""
        return share(self.errors, self.calls)

    @property
    def overhead(self) -> float | None:
        """Mean of driftgate's own part of the time, in ms."""
        return self.overhead_ms / self.overhead_calls if self.overhead_calls else None


_values = itemgetter(*(each.name for each in fields(Counts)))


def share(part: int, whole: int) -> float | None:
    """A part of the whole, 0 to 1; None of nothing."""
    return part / whole if whole else None


def added(rows: Iterable[Row], key: Callable[[Row], K]) -> dict[K, Counts]:
    """The cells added up by a key, most calls first."""
    groups: dict[K, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    made = {name: total(of) for name, of in groups.items()}
    return dict(sorted(made.items(), key=lambda pair: -pair[1].calls))


def total(rows: Iterable[Row]) -> Counts:
    """All cells added up."""
    columns = zip(*map(_values, rows), strict=True)
    return Counts(*(sum(filter(None, column)) for column in columns))

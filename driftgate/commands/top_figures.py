"""Rates, latencies and verdicts of calls that ended within a span of time. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

COLUMNS = (
    *("call_id", "started_at", "ended_at", "model", "upstream", "status", "outcome", "error"),
    *("answer_error", "verdict", "attempts", "fallback", "input_tokens", "output_tokens"),
    *("first_token_ms", "total_ms", "tokens_per_second"),
)
_KEPT = 300  # characters of an error that are worth keeping
_FAILS = 400  # HTTP: from here on the answer is an error
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """One call that ended. ended_at: UTC, without a zone. problem: why it failed, else None."""

    call_id: str
    ended_at: datetime
    model: str | None
    upstream: str
    status: int | None
    outcome: str
    problem: str | None
    verdict: str | None
    attempts: int
    fallback: str | None
    input_tokens: int | None
    output_tokens: int | None
    first_token_ms: float | None
    total_ms: float | None
    tokens_per_second: float | None

    @property
    def failed(self) -> bool:
        """Whether its client got no answer: it did not complete, or with an error's status."""
        return self.outcome != "completed" or (self.status or 0) >= _FAILS


def ended(row: Mapping[str, Any]) -> Ended:
    """A row of `calls` with COLUMNS; one that was cut off by a kill counts as ended when it began."""
    problem = row["error"] or row["answer_error"]
    return Ended(
        call_id=str(row["call_id"]),
        ended_at=row["ended_at"] or row["started_at"],
        problem=problem[:_KEPT] if problem else None,
        **{name: row[name] for name in _AS_THEY_ARE},
    )


_MADE = ("call_id", "ended_at", "problem")
_AS_THEY_ARE = tuple(field.name for field in fields(Ended) if field.name not in _MADE)


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of a time and what one in twenty exceeds, in milliseconds; None: not measured."""

    median: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What calls add up to.

    per_minute, output_per_s, input_per_s: over the whole span. tokens_per_second: of a call while
    it writes, the median. verdicts: calls by verdict; those that asked no model have none.
    """

    calls: int
    per_minute: float
    failed: int
    first_token: Spread
    total: Spread
    tokens_per_second: float | None
    input_per_s: float
    output_per_s: float
    verdicts: Mapping[str, int]

    @property
    def error_rate(self) -> float | None:
        """The part of the calls that failed; None: there are none."""
        return self.failed / self.calls if self.calls else None


def figures(calls: Sequence[Ended], span_s: float) -> Figures:
    """Of these calls, which ended within `span_s` seconds."""
    return Figures(
        calls=len(calls),
        per_minute=len(calls) * _MINUTE / span_s,
        failed=sum(call.failed for call in calls),
        first_token=_spread(call.first_token_ms for call in calls),
        total=_spread(call.total_ms for call in calls if not call.failed),
        tokens_per_second=_spread(call.tokens_per_second for call in calls).median,
        input_per_s=sum(call.input_tokens or 0 for call in calls) / span_s,
        output_per_s=sum(call.output_tokens or 0 for call in calls) / span_s,
        verdicts=Counter(call.verdict for call in calls if call.verdict is not None),
    )


def _spread(values: Iterable[float | None]) -> Spread:
    known = sorted(value for value in values if value is not None)
    return Spread(quantile(known, 0.5), quantile(known, 0.95))


def quantile(values: Sequence[float], part: float) -> float | None:
    """Of sorted values, with straight lines between them as quantile_cont of SQL; None of none."""
    if not values:
        return None
    place = part * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)

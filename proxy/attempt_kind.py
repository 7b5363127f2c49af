"""How an attempt at an upstream ended, as far as the next step depends on it. Pure."""

import math
from collections.abc import Iterable
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum

from driftgate.proxy.errors import CallError
from driftgate.proxy.record import Outcome
from driftgate.proxy.upstream.wire import Pair

# 408: RFC 9110; 425: RFC 8470; 429: RFC 6585; 502-504: a gateway or an overload in between. 500 is
# left out: llama-server says it where its own parser fails, and would say it again.
PASSING_STATUSES = frozenset({408, 425, 429, 502, 503, 504})
PASSING_OUTCOMES = frozenset(
    {Outcome.UPSTREAM_REFUSED, Outcome.UPSTREAM_RESET, Outcome.UPSTREAM_TIMEOUT}
)
_SERVED = range(200, 300)


class Kind(StrEnum):
    """What an attempt came to."""

    GOOD = "good"  # an answer that keeps the contract, perhaps after repair
    BROKEN = "broken"  # an answer that breaks it
    TRANSIENT = "transient"  # none; waiting may help
    REFUSED = "refused"  # the upstream's own error; asking it again does not help
    FAILED = "failed"  # none, and asking again does not help: what came is no HTTP


def classify_answer(status: int, pairs: Iterable[Pair], now: float) -> tuple[Kind, float | None]:
    """The kind of an answer by its status, and the seconds that its Retry-After asks for.

    GOOD says only that there is something to judge. now: seconds since the Unix epoch.
    """
    if status in _SERVED:
        return Kind.GOOD, None
    if status not in PASSING_STATUSES:
        return Kind.REFUSED, None
    value = next((value for name, value in pairs if name.lower() == b"retry-after"), None)
    return Kind.TRANSIENT, None if value is None else retry_after(value, now)


def classify_error(error: CallError) -> Kind:
    """The kind of an attempt without a whole answer.

    A reset in the middle of one is passing too: nothing of a held answer has reached the client.
    """
    return Kind.TRANSIENT if error.outcome in PASSING_OUTCOMES else Kind.FAILED


def retry_after(value: bytes, now: float) -> float | None:
    """Seconds from now, by a Retry-After field (RFC 9110, section 10.2.3): a number or a date.

    None: it is neither. A date that has passed is 0.
    """
    text = value.decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])  # 30,000 years
    try:
        at = parsedate_to_datetime(text)
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        seconds = at.timestamp() - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None

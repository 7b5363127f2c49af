"""How many retries one upstream may be sent: a share of its calls, and a few besides. Pure.

Without it, retries multiply the load of a server that fails because of its load. The rule is that
of Twitter Finagle's RetryBudget, which linkerd took over (`retryRatio`, `minRetriesPerSecond`,
`ttl`): within a window that slides along, retries <= calls x ratio + a minimum.
"""

from collections import deque
from dataclasses import dataclass

from driftgate.proxy.settings.upstream import Upstream

WINDOW_S = 60  # the minute of `retry_min`


@dataclass(slots=True)
class _Second:
    at: int
    calls: int = 0
    retries: int = 0


class RetryBudget:
    """The budget of one upstream in one worker. `now` is seconds of one steady clock."""

    def __init__(self, upstream: Upstream) -> None:
        self._ratio, self._least = upstream.retry_ratio, upstream.retry_min
        self._seconds: deque[_Second] = deque()  # at most WINDOW_S, the oldest first
        self._calls = 0
        self._retries = 0

    def deposit(self, now: float) -> None:
        """A call (not a retry) was sent."""
        self._second(now).calls += 1
        self._calls += 1

    def available(self, now: float) -> bool:
        """Whether a retry may be sent."""
        self._slide(int(now))
        return self._retries + 1 <= self._calls * self._ratio + self._least

    def withdraw(self, now: float) -> bool:
        """Takes one retry out of the budget; False: there is none."""
        if not self.available(now):
            return False
        self._second(now).retries += 1
        self._retries += 1
        return True

    def _second(self, now: float) -> _Second:
        self._slide(int(now))
        if not self._seconds or self._seconds[-1].at != int(now):
            self._seconds.append(_Second(int(now)))
        return self._seconds[-1]

    def _slide(self, second: int) -> None:
        while self._seconds and self._seconds[0].at <= second - WINDOW_S:
            old = self._seconds.popleft()
            self._calls -= old.calls
            self._retries -= old.retries

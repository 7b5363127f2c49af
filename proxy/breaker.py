"""The circuit breaker of one upstream: one that fails is left alone for a while. Pure; time is given.

The three states are those of M. Nygard, "Release It!", chapter "Stability Patterns". Closed: calls
go through. Open: none does. Half-open: one call at a time is let through as a probe; it closes the
breaker if it is served, and opens it for twice as long if not.
"""

from enum import StrEnum

from driftgate.proxy.settings.upstream import Upstream

LONGEST = 32  # times breaker_open_s: five failed probes
PROBE_S = 600.0  # a probe that never told how it ended is not waited for any longer


class State(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Counts failures one after the other. All times are seconds of one steady clock.

    What counts as a failure is the caller's: what another upstream would have served (no
    connection, a reset, a timeout, 502, 503, 504), not an answer that breaks a contract.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._limit = upstream.breaker_failures
        self._first_s = upstream.breaker_open_s
        self._open_s = self._first_s
        self._failures = 0
        self._until: float | None = None  # None: closed
        self._probe_since: float | None = None

    def state(self, now: float) -> State:
        """The state at this time."""
        if self._until is None:
            return State.CLOSED
        return State.OPEN if now < self._until else State.HALF_OPEN

    def opens_in(self, now: float) -> float:
        """Seconds until a probe may go through; 0 where one may now."""
        return 0.0 if self._until is None else max(0.0, self._until - now)

    def allows(self, now: float) -> bool:
        """Whether a call may be sent. Half-open, True makes this call the probe: note its end."""
        state = self.state(now)
        if state is not State.HALF_OPEN:
            return state is State.CLOSED
        if self._probe_since is not None and now - self._probe_since < PROBE_S:
            return False
        self._probe_since = now
        return True

    def note(self, ok: bool, now: float) -> None:
        """A call that was let through ended; ok: the upstream served it."""
        if ok:
            self._failures, self._until, self._probe_since = 0, None, None
            self._open_s = self._first_s
            return
        self._failures += 1
        state = self.state(now)
        if state is State.HALF_OPEN:
            self._open_s = min(2 * self._open_s, LONGEST * self._first_s)
            self._open(now)
        elif state is State.CLOSED and 0 < self._limit <= self._failures:
            self._open(now)

    def forget(self) -> None:
        """A call that was let through says nothing (its client left): the next one may probe."""
        self._probe_since = None

    def _open(self, now: float) -> None:
        self._until, self._probe_since = now + self._open_s, None

"""The circuit breaker of one upstream: one that fails is left alone for a while. Pure; time is given.

The three states are those of M. Nygard, "Release It!", chapter "Stability Patterns". Closed: calls
go through. Open: none does. Half-open: one call at a time is let through as a probe; it closes the
breaker if it is served, and opens it for twice as long if not.

A call is sent with a permit and tells its end with it: what was sent before the breaker last opened
or closed says nothing of the upstream as it is now.
"""

from dataclasses import dataclass
from enum import StrEnum

from driftgate.proxy.settings.upstream import Upstream

LONGEST = 32  # times breaker_open_s: five failed probes
PROBE_S = 600.0  # a probe that never told how it ended is not waited for any longer


class State(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, eq=False)
class Permit:
    """Leave to send one call; its end is told with it. era: counts the breaker's changes."""

    era: int


class Breaker:
    """Counts failures one after the other. All times are seconds of one steady clock.

    What counts as a failure is the caller's: what another upstream would have served (no
    connection, a reset, a timeout, 502, 503, 504), not an answer that breaks a contract.

    Failures end sooner than answers, so that many abreast come in a row from an upstream that serves
    most calls. Each call under way may still be served: it takes one failure more.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._limit = upstream.breaker_failures
        self._first_s = upstream.breaker_open_s
        self._open_s = self._first_s
        self._failures = 0
        self._under_way = 0
        self._until: float | None = None  # None: closed
        self._era = 0
        self._probe: Permit | None = None
        self._probe_since = 0.0

    def state(self, now: float) -> State:
        """The state at this time."""
        if self._until is None:
            return State.CLOSED
        return State.OPEN if now < self._until else State.HALF_OPEN

    def opens_in(self, now: float) -> float:
        """Seconds until a probe may go through; 0 where one may now."""
        return 0.0 if self._until is None else max(0.0, self._until - now)

    def permit(self, now: float) -> Permit | None:
        """Leave to send a call, half-open as the probe; None: it must not be sent.

        Whoever has one tells how its call ended, by `note` or `forget`.
        """
        state = self.state(now)
        if state is State.OPEN:
            return None
        permit = Permit(self._era)
        if state is State.HALF_OPEN:
            if self._probe is not None and now - self._probe_since < PROBE_S:
                return None
            self._probe, self._probe_since = permit, now
        self._under_way += 1
        return permit

    def note(self, permit: Permit, ok: bool, now: float) -> None:
        """The call of this permit ended; ok: the upstream served it."""
        if permit.era != self._era:
            return
        self._under_way -= 1
        if permit is self._probe:
            self._judge_probe(ok, now)
        elif self._until is None:
            self._failures = 0 if ok else self._failures + 1
            if 0 < self._limit <= self._failures - self._under_way:
                self._turn(now + self._open_s)

    def forget(self, permit: Permit) -> None:
        """The call of this permit says nothing (its client left); was it the probe, the next may be."""
        if permit.era == self._era:
            self._under_way -= 1
        if permit is self._probe:
            self._probe = None

    def _judge_probe(self, ok: bool, now: float) -> None:
        if ok:
            self._open_s = self._first_s
            self._turn(None)
        else:
            self._open_s = min(2 * self._open_s, LONGEST * self._first_s)
            self._turn(now + self._open_s)

    def _turn(self, until: float | None) -> None:
        """Opens it until then, or closes it."""
        self._until, self._failures, self._under_way, self._probe = until, 0, 0, None
        self._era += 1

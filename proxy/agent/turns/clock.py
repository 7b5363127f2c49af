"""How long a turn may take and be silent. Pure: the time comes from outside."""

from driftgate.proxy.agent.failures import timed_out
from driftgate.proxy.agent.steps import TurnError
from driftgate.proxy.settings.codex import Codex


class Clock:
    """The limits on time of one turn.

    codex: the agent's settings. now: when the turn begins, in seconds of any steady clock.
    """

    def __init__(self, codex: Codex, now: float) -> None:
        self._codex = codex
        self.began = now
        self._ends = now + codex.turn_timeout_s
        self._sign = now

    def sign(self, now: float) -> None:
        """Codex has shown a sign of life."""
        self._sign = now

    def until(self) -> float:
        """When the turn must be stopped if nothing comes until then."""
        return min(self._ends, self._sign + self._codex.silence_timeout_s)

    def late(self, now: float) -> TurnError | None:
        """Why the turn must be stopped now, or None."""
        if now >= self._ends:
            return timed_out("turn_timeout_s", self._codex.turn_timeout_s).error
        if now >= self.until():
            return timed_out("silence_timeout_s", self._codex.silence_timeout_s).error
        return None

    def elapsed_ms(self, now: float) -> int:
        """How long the turn has run."""
        return round((now - self.began) * 1000)

"""What all workers together know of each upstream. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from driftgate.proxy.running import Running
from driftgate.proxy.units import seconds

_OPENNESS = ("closed", "half_open", "open")  # of a breaker; the last counts most


@dataclass(slots=True)
class Reached:
    """One upstream. Times: seconds since the Unix epoch; None: not yet.

    calls, errors: since the workers started. breaker: closed, half_open or open, as the worker has
    it that found the most failures; None: no worker tells.
    """

    url: str
    calls: int = 0
    errors: int = 0
    last_ok_at: float | None = None
    last_error_at: float | None = None
    last_error: str | None = None
    breaker: str | None = None

    @property
    def failing(self) -> bool:
        """Whether the last news of it is a failure."""
        return self.last_error_at is not None and self.last_error_at > (self.last_ok_at or 0)

    def add(self, told: Mapping[str, Any]) -> None:
        """What one more worker tells: counts are added, the latest success and error kept."""
        self.calls += told.get("calls") or 0
        self.errors += told.get("errors") or 0
        ok_at, error_at = seconds(told.get("last_ok_at")), seconds(told.get("last_error_at"))
        if ok_at is not None:
            self.last_ok_at = max(ok_at, self.last_ok_at or 0)
        if error_at is not None and error_at >= (self.last_error_at or 0):
            self.last_error_at, self.last_error = error_at, told.get("last_error")
        self._add_breaker(told.get("breaker"))

    def _add_breaker(self, state: Any) -> None:
        known = -1 if self.breaker is None else _OPENNESS.index(self.breaker)
        if state in _OPENNESS and _OPENNESS.index(state) > known:
            self.breaker = state


def reached(found: Running) -> dict[str, Reached]:
    """The upstreams by name, in the order of the settings."""
    known: dict[str, Reached] = {}
    for worker in found.workers.values():
        for name, told in (worker.get("upstreams") or {}).items():
            known.setdefault(name, Reached(str(told.get("url")))).add(told)
    return known

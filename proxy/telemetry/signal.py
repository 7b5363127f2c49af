"""Whether a signal reaches the collector: said once when that changes, and not with each failure."""

import logging

log = logging.getLogger("driftgate")

_WHY_LIMIT = 300  # characters
_NO_REASONS = ("due to timeout", "Shutdown in progress", "already shutdown")
_QUIET = logging.getLogger("opentelemetry")


class Ear(logging.Handler):
    """Hears what the exporters say, instead of the log. last: the latest that is no plain information."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps why something failed; that all tries have failed is no reason."""
        told = record.getMessage()
        if told.startswith("Transient error") and isinstance(record.args, tuple) and record.args:
            told = str(record.args[0])
        if not any(words in told for words in _NO_REASONS):
            self.last = told[:_WHY_LIMIT]


def listen() -> Ear:
    """From here on the exporters speak to this ear alone."""
    ear = Ear()
    _QUIET.handlers[:] = [ear]
    _QUIET.propagate = False
    return ear


class Signal:
    """Traces, or metrics, on their way to an address.

    failing: the last export did not arrive. sent, lost: items (spans; exports of metrics) so far.
    """

    def __init__(self, name: str, url: str, ear: Ear) -> None:
        self.name, self._url, self._ear = name, url, ear
        self.failing = False
        self.sent = self.lost = 0
        self._lost_before = 0

    def note(self, *, arrived: bool, items: int, dropped: int = 0) -> None:
        """An export has ended. dropped: items that were not even tried, so far."""
        if arrived:
            self.sent += items
        else:
            self.lost += items
        if arrived and self.failing:
            gone = self.lost + dropped - self._lost_before
            log.warning("%s reach %s again; %d were lost", self.name, self._url, gone)
        elif not arrived and not self.failing:
            self._lost_before = self.lost - items + dropped
            why = self._ear.last or "no connection, or no answer in time"
            log.warning(
                "%s do not reach %s, and are dropped until they do: %s", self.name, self._url, why
            )
        self.failing = not arrived
        self._ear.last = ""

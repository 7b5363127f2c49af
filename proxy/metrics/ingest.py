"""Counts ingest itself: batches, rows, failures, and changes of backends that came with them."""

from prometheus_client.registry import CollectorRegistry

from driftgate.proxy.errors import HistoryBusyError, HistoryDamagedError, HistoryNewerError
from driftgate.proxy.history.committed import Committed
from driftgate.proxy.metrics import families
from driftgate.proxy.metrics.series import Series
from driftgate.proxy.metrics.values import Vocabulary

_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (HistoryBusyError, "busy"),
    (HistoryNewerError, "newer"),
    (HistoryDamagedError, "damaged"),
    (OSError, "disk"),
    (Exception, "other"),
)


class IngestCounter:
    """Counts what was committed, and what could not be."""

    def __init__(self, registry: CollectorRegistry, vocabulary: Vocabulary) -> None:
        """Nothing is counted yet."""
        self._batches = families.BATCHES.histogram(registry)
        self._quarantined = families.QUARANTINED.counter(registry)
        rows = families.ROWS.counter(registry)
        tables = ("calls", "tool_calls", "attempts", "violations", "others")
        self._rows = {table: rows.labels(table) for table in tables}
        failures = families.FAILURES.counter(registry)
        self._failures = {reason: failures.labels(reason) for _, reason in _REASONS}
        self._changes = Series(families.CHANGES.counter(registry), families.CHANGES, vocabulary)

    def count(self, committed: Committed, seconds: float) -> None:
        """One batch."""
        self._batches.observe(seconds)
        self._quarantined.inc(committed.quarantined)
        rows = self._rows
        rows["calls"].inc(len(committed.calls))
        rows["tool_calls"].inc(sum(len(call.tool_calls) for call in committed.calls))
        rows["attempts"].inc(sum(len(call.tries) for call in committed.calls))
        rows["violations"].inc(sum(len(call.violations) for call in committed.calls))
        rows["others"].inc(committed.rows)
        for upstream, model, changed in committed.shown:
            # one that was seen is there at zero: its first change counts in increase() too
            self._changes.of(upstream, model).inc(1 if changed else 0)

    def know(self, upstream: str, model: str | None) -> None:
        """A fingerprint that the history had before."""
        self._changes.of(upstream, model)

    def failed(self, error: Exception) -> None:
        """A step that is to be tried again."""
        reason = next(reason for kind, reason in _REASONS if isinstance(error, kind))
        self._failures[reason].inc()

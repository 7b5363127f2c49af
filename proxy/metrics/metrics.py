"""The historian's metrics: counted as it ingests, given as text when asked for."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client.core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from driftgate.proxy.history.committed import Committed
from driftgate.proxy.metrics import families
from driftgate.proxy.metrics.calls import CallCounter
from driftgate.proxy.metrics.exposition import as_text
from driftgate.proxy.metrics.ingest import IngestCounter
from driftgate.proxy.metrics.values import Vocabulary

Fingerprints = Mapping[str, Mapping[str, Any]]  # by upstream and model; "": the upstream as a whole


class Metrics:
    """Counts in the drain's thread; may be read in any."""

    def __init__(self, started_at: float) -> None:
        """Nothing is counted yet. started_at: seconds since the Unix epoch."""
        self._registry = CollectorRegistry(auto_describe=False)
        vocabulary = Vocabulary()
        self._calls = CallCounter(self._registry, vocabulary)
        self._ingest = IngestCounter(self._registry, vocabulary)
        self._started_at = started_at

    def committed(self, committed: Committed, seconds: float) -> None:
        """What a step of the drain has brought into the history."""
        self._ingest.count(committed, seconds)
        for call in committed.calls:
            self._calls.count(call)

    def failed(self, error: Exception) -> None:
        """A step of the drain that failed."""
        self._ingest.failed(error)

    def know(self, fingerprints: Fingerprints) -> None:
        """What backends show, as the history knows it: a change is counted from zero."""
        for upstream, models in fingerprints.items():
            for model in models:
                self._ingest.know(upstream, model or None)

    def text(self, status: Mapping[str, Any], openmetrics: bool) -> str:
        """All of it, with the historian's state as its `status` says it."""
        return as_text(_Both(self._registry, _state(status, self._started_at)), openmetrics)


class _Both(Collector):
    """What was counted, and the state of now."""

    def __init__(self, registry: CollectorRegistry, state: Iterable[Metric]) -> None:
        self._registry, self._state = registry, state

    def collect(self) -> Iterator[Metric]:
        yield from self._registry.collect()
        yield from self._state


def _state(status: Mapping[str, Any], started_at: float) -> Iterator[Metric]:
    otel = status.get("otel") or {}
    values = {
        families.LAG: status.get("lag_s"),
        families.UNREAD: status.get("backlog_bytes"),
        families.WAITING: status.get("error") is not None,
        families.INGESTED: status.get("last_ingest_at"),
        families.STARTED: started_at,
        families.SPANS_SENT: otel.get("spans_sent"),
        families.SPANS_LOST: otel.get("spans_lost"),
    }
    for family, value in values.items():
        metric = family.read()
        metric.add_metric((), float(value or 0))
        yield metric

"""Ingest is counted by batches, rows and failures."""

import pytest
from prometheus_client.registry import CollectorRegistry

from driftgate.proxy.errors import (
    HistoryBusyError,
    HistoryDamagedError,
    HistoryError,
    HistoryNewerError,
)
from driftgate.proxy.history.committed import Committed
from driftgate.proxy.history.prepare import Preparer
from driftgate.proxy.metrics.ingest import IngestCounter
from driftgate.proxy.metrics.values import Vocabulary
from tests.proxy.history.calls import batch, call


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def counter(registry: CollectorRegistry) -> IngestCounter:
    return IngestCounter(registry, Vocabulary())


def test_a_batch_is_counted_with_its_rows(
    registry: CollectorRegistry, counter: IngestCounter
) -> None:
    calls = Preparer().prepare([batch(call(1), call(2))]).calls
    calls[0].tool_calls.append({})
    calls[1].violations += [{}, {}]
    counter.count(Committed(calls, rows=4, quarantined=1), 0.02)
    rows = {
        table: registry.get_sample_value("driftgate_ingest_rows_total", {"table": table})
        for table in ("calls", "tool_calls", "attempts", "violations", "others")
    }
    assert rows == {"calls": 2, "tool_calls": 1, "attempts": 0, "violations": 2, "others": 4}
    seconds = "driftgate_ingest_batch_duration_seconds_sum"
    assert registry.get_sample_value(seconds) == 0.02
    assert registry.get_sample_value("driftgate_quarantined_segments_total") == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (HistoryBusyError("held"), "busy"),
        (HistoryNewerError("newer"), "newer"),
        (HistoryDamagedError("damaged"), "damaged"),
        (HistoryError("a value"), "other"),
        (OSError("full"), "disk"),
    ],
)
def test_a_failure_has_a_reason(
    registry: CollectorRegistry, counter: IngestCounter, error: Exception, reason: str
) -> None:
    counter.failed(error)
    failures = "driftgate_ingest_failures_total"
    assert registry.get_sample_value(failures, {"reason": reason}) == 1


def test_a_change_of_a_backend_that_is_known_is_an_increase_from_zero(
    registry: CollectorRegistry, counter: IngestCounter
) -> None:
    def changes(model: str) -> float | None:
        labels = {"upstream": "u", "model": model}
        return registry.get_sample_value("driftgate_fingerprint_changes_total", labels)

    counter.know("u", None)
    counter.count(Committed(shown=[("u", "m", False)]), 0.1)
    assert (changes(""), changes("m")) == (0, 0)
    counter.count(Committed(shown=[("u", "m", True), ("u", None, True), ("u", "m", True)]), 0.1)
    counter.know("u", None)
    assert (changes(""), changes("m")) == (1, 2)

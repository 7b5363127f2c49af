"""The historian's metrics as a whole: fed, read again, and small whatever is counted."""

import json
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from driftgate.proxy.admin import MESSAGE_LIMIT
from driftgate.proxy.errors import HistoryBusyError
from driftgate.proxy.history.committed import Committed
from driftgate.proxy.history.prepare import Preparer
from driftgate.proxy.metrics.families import COUNTED, STATE
from driftgate.proxy.metrics.metrics import Metrics
from tests.proxy.history.calls import batch, call
from tests.support.exposed import counted, labels_by_name


def values(metrics: Metrics, **status: Any) -> dict[str, float]:
    """Samples without labels."""
    told = text_string_to_metric_families(metrics.text(status, openmetrics=False))
    samples = [sample for metric in told for sample in metric.samples]
    return {sample.name: sample.value for sample in samples if not sample.labels}


def test_every_metric_is_there_with_just_the_labels_it_is_said_to_have(tmp_path: Path) -> None:
    found = labels_by_name(counted(tmp_path).text({}, openmetrics=False))
    for family in (*COUNTED, *STATE):
        suffix, more = ("_bucket", {"le"}) if family.buckets else ("", set())
        assert found.pop(family.name + suffix) == {*family.labels, *more}
    assert all(name.endswith(("_count", "_sum")) for name in found)


def test_the_state_is_that_of_now() -> None:
    metrics = Metrics(100.0)
    first = values(metrics, lag_s=2.5, backlog_bytes=10, error="held", last_ingest_at=None)
    assert first["driftgate_journal_lag_seconds"] == 2.5
    assert first["driftgate_journal_unread_bytes"] == 10
    assert first["driftgate_ingest_waiting"] == 1
    assert first["driftgate_last_ingest_timestamp_seconds"] == 0
    assert first["driftgate_historian_start_time_seconds"] == 100
    assert first["driftgate_otel_spans_lost_total"] == 0
    otel = {"spans_sent": 9, "spans_lost": 3}
    later = values(metrics, lag_s=0.0, backlog_bytes=0, error=None, last_ingest_at=7.0, otel=otel)
    assert later["driftgate_otel_spans_sent_total"] == 9
    assert later["driftgate_otel_spans_lost_total"] == 3
    assert later["driftgate_ingest_waiting"] == later["driftgate_journal_lag_seconds"] == 0
    assert later["driftgate_last_ingest_timestamp_seconds"] == 7


def test_failures_and_known_backends_are_passed_on() -> None:
    metrics = Metrics(0)
    metrics.failed(HistoryBusyError("held"))
    metrics.know({"u": {"": {"id": "x"}, "m": {"id": "y"}}})
    told = metrics.text({}, openmetrics=True)
    assert 'driftgate_ingest_failures_total{reason="busy"} 1.0' in told
    assert 'driftgate_fingerprint_changes_total{model="m",upstream="u"} 0.0' in told
    assert 'driftgate_fingerprint_changes_total{model="",upstream="u"} 0.0' in told


@pytest.mark.parametrize("ending", ["x" * 34, "\U0001f600" * 3])
def test_whatever_strangers_name_an_exposition_is_one_message_of_the_socket(ending: str) -> None:
    metrics = Metrics(0)
    (prepared,) = Preparer().prepare([batch(call(1))]).calls
    violation = {"source": "contract", "path": "text", "reason": "r", "severity": "error"}
    for number in range(1200):
        name = f"{number} {ending}"
        prepared.row.update(
            upstream=f"u{number % 50} {ending}",
            model=name,
            outcome=name,
            dialect=f"d{number % 7}",
            contract=name,
            fallback=name,
            repairs=[name],
        )
        prepared.violations = [{**violation, "contract": name, "keyword": name}]
        metrics.committed(Committed([prepared], shown=[(name, name, True)]), 0.1)
    told = json.dumps({"text": metrics.text({}, openmetrics=False)})
    assert len(told) < MESSAGE_LIMIT * 0.75
    assert 10_000 < told.count("\\n") < 20_000

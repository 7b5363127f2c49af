"""Sends spans and metrics to a collector, from a thread of its own: nobody waits for it.

A collector that is slow or gone costs what waits in the queue, and no more. The exporters retry for some
seconds by themselves; then a batch is lost, and counted.
"""

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from driftgate import __version__
from driftgate.proxy.settings.otel import Otel
from driftgate.proxy.telemetry.as_otel import as_otel
from driftgate.proxy.telemetry.measures import INSTRUMENTS, Measure
from driftgate.proxy.telemetry.queue import Queue
from driftgate.proxy.telemetry.signal import Ear, Signal, listen
from driftgate.proxy.telemetry.span import Span

log = logging.getLogger("driftgate")

SPANS_S = 1.0  # between two looks at the queue
LAST_S = 2.0  # what the end may take
SCOPE = InstrumentationScope("driftgate", __version__)


class _Metrics(OTLPMetricExporter):
    """The exporter, which tells how it went; the reader keeps that to itself."""

    def __init__(self, url: str, signal: Signal) -> None:
        super().__init__(endpoint=url)
        self._signal = signal

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        result = super().export(metrics_data, timeout_millis, **kwargs)
        self._signal.note(arrived=result is MetricExportResult.SUCCESS, items=1)
        return result


class Sender:
    """One collector. queue: spans on their way.

    Which signals are sent is OpenTelemetry's own choice: OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER,
    of which `none` is known, and OTEL_SDK_DISABLED.
    """

    def __init__(self, otel: Otel) -> None:
        assert otel.endpoint is not None
        ear, base = listen(), otel.endpoint.rstrip("/")
        self._resource = _resource(otel)
        self.queue = Queue()
        self.traces = Signal("traces", f"{base}/v1/traces", ear) if _wanted("TRACES") else None
        self._spans = OTLPSpanExporter(endpoint=f"{base}/v1/traces")
        self.metrics = _signal_of_metrics(base, ear)
        self._meters = _Meters(base, self.metrics, self._resource) if self.metrics else None
        self._interval_s = otel.interval_s
        self._wake, self._closing, self._given_up = threading.Event(), False, False
        self._thread = threading.Thread(target=self._run, name="otel", daemon=True)
        self._thread.start()

    @property
    def takes_spans(self) -> bool:
        """Whether it is worth while to make spans."""
        return self.traces is not None

    def spans(self, spans: Sequence[Span]) -> None:
        """Takes the spans of a call."""
        self.queue.put(spans)

    def measures(self, measures: Iterable[Measure]) -> None:
        """Counts."""
        if self._meters is not None:
            self._meters.record(measures)

    def status(self) -> dict[str, Any]:
        """What was sent and what was lost."""
        traces, metrics = self.traces, self.metrics
        return {
            "spans_sent": traces.sent if traces else 0,
            "spans_lost": (traces.lost if traces else 0) + self.queue.dropped,
            "spans_waiting": len(self.queue),
            "metrics_sent": metrics.sent if metrics else 0,
            "metrics_lost": metrics.lost if metrics else 0,
            "failing": [each.name for each in (traces, metrics) if each and each.failing],
        }

    def close(self, limit_s: float = LAST_S) -> None:
        """Sends what is left, as far as that goes within the time; a collector that is gone gets none."""
        self._closing = True
        self._wake.set()
        if not all(each.failing for each in (self.traces, self.metrics) if each is not None):
            self._thread.join(limit_s)
        self._given_up = True
        if left := len(self.queue):
            log.warning("%d spans could not be sent before the end", left)
        self._spans.shutdown()  # type: ignore[no-untyped-call]  # it has no types; a retry that waits ends here
        if self._meters is not None:
            self._meters.close()

    def _run(self) -> None:
        due = time.monotonic() + self._interval_s
        while not self._closing:
            self._wake.wait(min(SPANS_S, max(0.0, due - time.monotonic())))
            self._safely(self._send_spans)
            if time.monotonic() >= due:
                self._safely(self._send_metrics)
                due = time.monotonic() + self._interval_s
        self._safely(self._send_spans)
        self._safely(self._send_metrics)

    def _safely(self, send: Callable[[], None]) -> None:
        try:
            send()
        except Exception:  # the next batch may fare better
            log.exception("spans or metrics could not be sent")

    def _send_spans(self) -> None:
        while not self._given_up and (batch := self.queue.take()):
            made = [as_otel(span, self._resource, SCOPE) for span in batch]
            arrived = self._spans.export(made) is SpanExportResult.SUCCESS
            if self.traces is not None and (arrived or not self._given_up):
                dropped = self.queue.dropped
                self.traces.note(arrived=arrived, items=len(batch), dropped=dropped)

    def _send_metrics(self) -> None:
        if self._meters is not None and not self._given_up:
            self._meters.send()


class _Meters:
    """The instruments, read when the sender's thread says so."""

    def __init__(self, base: str, signal: Signal, resource: Resource) -> None:
        self._exporter = _Metrics(f"{base}/v1/metrics", signal)
        self._reader = PeriodicExportingMetricReader(self._exporter, math.inf)
        provider = MeterProvider(
            [self._reader],
            resource,
            shutdown_on_exit=False,
            exemplar_filter=AlwaysOffExemplarFilter(),
        )
        meter = provider.get_meter(SCOPE.name, SCOPE.version)
        self._histograms = {
            name: meter.create_histogram(
                name, each.unit, each.about, explicit_bucket_boundaries_advisory=each.buckets
            )
            for name, each in INSTRUMENTS.items()
            if each.buckets
        }
        self._counters = {
            name: meter.create_counter(name, each.unit, each.about)
            for name, each in INSTRUMENTS.items()
            if not each.buckets
        }

    def record(self, measures: Iterable[Measure]) -> None:
        for name, value, attributes in measures:
            if name in self._histograms:
                self._histograms[name].record(value, attributes)
            else:
                self._counters[name].add(value, attributes)

    def send(self) -> None:
        self._reader.collect()

    def close(self) -> None:
        self._exporter.shutdown()


def _signal_of_metrics(base: str, ear: Ear) -> Signal | None:
    return Signal("metrics", f"{base}/v1/metrics", ear) if _wanted("METRICS") else None


def _wanted(signal: str) -> bool:
    off = _said("OTEL_SDK_DISABLED") == "true"
    return not off and _said(f"OTEL_{signal}_EXPORTER") != "none"


def _said(variable: str) -> str:
    return os.environ.get(variable, "").strip().lower()


def _resource(otel: Otel) -> Resource:
    """Whose spans and metrics these are. A name that the settings give counts before the standard's variables."""
    name: object = otel.service_name
    if name == Otel.model_fields["service_name"].default:
        name = OTELResourceDetector().detect().attributes.get("service.name") or name
    return Resource.create({"service.name": str(name), "service.version": __version__})

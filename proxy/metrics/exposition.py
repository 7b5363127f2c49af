"""Metrics as text: Prometheus' own format, or OpenMetrics 1.0. Pure."""

from collections.abc import Iterator

from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics import exposition as openmetrics_exposition
from prometheus_client.registry import Collector

_CREATED = "_created"
END = "# EOF\n"  # of OpenMetrics, once


def as_text(metrics: Collector, openmetrics: bool) -> str:
    """The exposition, without the times at which series were made, which would double their number."""
    generate = openmetrics_exposition.generate_latest if openmetrics else generate_latest
    made: bytes = generate(_Lean(metrics))
    return made.decode()


class _Lean(Collector):
    def __init__(self, metrics: Collector) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        for metric in self._metrics.collect():
            made = metric.name + _CREATED
            metric.samples = [sample for sample in metric.samples if sample.name != made]
            yield metric

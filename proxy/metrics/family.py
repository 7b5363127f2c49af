"""A metric: its name, what it says, and by which labels. A value."""

from dataclasses import dataclass

from prometheus_client import Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import CollectorRegistry

_UNITS = ("seconds", "bytes")


@dataclass(frozen=True, slots=True)
class Family:
    """One metric, by the conventions of https://prometheus.io/docs/practices/naming/.

    name: as Prometheus shows it; its end tells the kind (`_total`: counter, `_info`: info), or
        buckets do (histogram); all else is a gauge.
    says: one line for people. labels: in the order in which their values are given.
    """

    name: str
    says: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def kind(self) -> str:
        """counter, gauge, histogram or info."""
        if self.buckets:
            return "histogram"
        return {"total": "counter", "info": "info"}.get(self.name.rpartition("_")[2], "gauge")

    @property
    def unit(self) -> str:
        """The unit that ends the name; empty: it counts things."""
        base = self.name.removesuffix("_total")
        return next((unit for unit in _UNITS if base.endswith(f"_{unit}")), "")

    def counter(self, registry: CollectorRegistry) -> Counter:
        """To be counted up."""
        assert self.kind == "counter"
        return Counter(self.name, self.says, self.labels, unit=self.unit, registry=registry)

    def histogram(self, registry: CollectorRegistry) -> Histogram:
        """To be observed."""
        return Histogram(
            self.name,
            self.says,
            self.labels,
            unit=self.unit,
            registry=registry,
            buckets=self.buckets,
        )

    def info(self, *values: str) -> InfoMetricFamily:
        """What never changes while a process runs, as labels."""
        return InfoMetricFamily(
            self.name.removesuffix("_info"),
            self.says,
            value=dict(zip(self.labels, values, strict=True)),
        )

    def read(self) -> CounterMetricFamily | GaugeMetricFamily:
        """To be filled with what is read elsewhere, by `add_metric(label values, value)`."""
        if self.kind == "counter":
            return CounterMetricFamily(self.name, self.says, labels=self.labels, unit=self.unit)
        return GaugeMetricFamily(self.name, self.says, labels=self.labels, unit=self.unit)

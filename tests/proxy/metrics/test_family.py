"""A metric's kind and unit follow from its name."""

import pytest
from prometheus_client.registry import CollectorRegistry

from driftgate.proxy.metrics.family import Family


@pytest.mark.parametrize(
    ("name", "kind", "unit"),
    [
        ("a_total", "counter", ""),
        ("a_bytes_total", "counter", "bytes"),
        ("a_info", "info", ""),
        ("a_lag_seconds", "gauge", "seconds"),
        ("a", "gauge", ""),
    ],
)
def test_the_end_of_a_name_tells_kind_and_unit(name: str, kind: str, unit: str) -> None:
    family = Family(name, "says")
    assert (family.kind, family.unit) == (kind, unit)


def test_buckets_make_a_histogram() -> None:
    family = Family("a_seconds", "says", ("b",), (1, 2))
    family.histogram(CollectorRegistry()).labels("c").observe(1.5)
    assert family.kind == "histogram"


def test_what_is_read_elsewhere_keeps_its_labels() -> None:
    metric = Family("a_total", "says", ("b",)).read()
    metric.add_metric(("c",), 2.0)
    (sample,) = metric.samples
    assert (sample.name, sample.labels, sample.value) == ("a_total", {"b": "c"}, 2)


def test_what_never_changes_stands_in_the_labels() -> None:
    (sample,) = Family("a_info", "says", ("version",)).info("1.2").samples
    assert (sample.name, sample.labels, sample.value) == ("a_info", {"version": "1.2"}, 1)

"""The two text formats, without the times at which series were made."""

from typing import Any

import pytest
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.registry import CollectorRegistry

from driftgate.proxy.metrics.exposition import END, as_text
from driftgate.proxy.metrics.family import Family

PARSERS: dict[bool, Any] = {
    False: parser.text_string_to_metric_families,
    True: openmetrics_parser.text_string_to_metric_families,
}


@pytest.mark.parametrize("format_", [False, True], ids=["text", "openmetrics"])
def test_what_was_counted_can_be_read_again(format_: bool) -> None:
    registry = CollectorRegistry()
    Family("a_total", "says\nmore", ("b",)).counter(registry).labels('"\\\n{').inc(3)
    Family("c_seconds", "says", (), (1, 2)).histogram(registry).observe(1.5)
    told = as_text(registry, format_)
    assert told.endswith(END) is format_
    samples = [sample for metric in PARSERS[format_](told) for sample in metric.samples]
    assert [sample.value for sample in samples if sample.labels == {"b": '"\\\n{'}] == [3]
    assert not [sample.name for sample in samples if sample.name.endswith("_created")]
    assert len(samples) == 6

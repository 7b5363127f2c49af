"""`/metrics` as a whole: the historian's part and the workers', in both formats."""

from typing import Any

import pytest
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

from driftgate import __version__
from driftgate.dashboards.exposition import SHOWN, exposition
from driftgate.proxy.metrics.metrics import Metrics
from tests.support.exposed import UPSTREAM, labels_by_name, worker

PARSERS: dict[bool, Any] = {
    False: parser.text_string_to_metric_families,
    True: openmetrics_parser.text_string_to_metric_families,
}

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(told: bytes, *, openmetrics: bool = False) -> Samples:
    samples = [each for metric in PARSERS[openmetrics](told.decode()) for each in metric.samples]
    found = {(each.name, frozenset(each.labels.items())): each.value for each in samples}
    assert len(found) == len(samples), "a series stands there twice"
    return found


def value(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((f"driftgate_{name}", frozenset(labels.items())))


@pytest.mark.parametrize("openmetrics", [False, True])
def test_both_parts_are_one_exposition(openmetrics: bool) -> None:
    historian = {"text": Metrics(5).text({}, openmetrics=openmetrics)}
    told = exposition(historian, {"a": worker()}, openmetrics=openmetrics)
    assert told.count(b"# EOF") == openmetrics
    found = read(told, openmetrics=openmetrics)
    assert value(found, "historian_start_time_seconds") == 5
    assert value(found, "calls_started_total", worker="0") == 5
    assert value(found, "build_info", version=__version__) == 1


@pytest.mark.parametrize("openmetrics", [False, True])
def test_where_nothing_runs_that_is_said(openmetrics: bool) -> None:
    found = read(exposition(None, {}, openmetrics=openmetrics), openmetrics=openmetrics)
    up = [value(found, "up", process=process) for process in ("historian", "worker")]
    assert up == [0, 0]
    assert value(found, "workers") == 0
    assert len(found) == 4


@pytest.mark.parametrize("answer", [{"error": "unknown op"}, {"text": None}])
def test_a_historian_of_another_version_is_one_that_does_not_answer(answer: dict[str, Any]) -> None:
    found = read(exposition(answer, {"a": worker()}))
    assert value(found, "up", process="historian") == 0
    assert value(found, "up", process="worker") == 1


def test_each_worker_is_told_by_its_number() -> None:
    found = read(exposition(None, {"a": worker(0, unrecorded=2), "b": worker(1, disk_full=True)}))
    unrecorded = [value(found, "unrecorded_calls_total", worker=number) for number in "01"]
    full = [value(found, "disk_full", worker=number) for number in "01"]
    assert (unrecorded, full) == ([2, 0], [0, 1])
    assert value(found, "workers") == 2


def test_upstreams_breakers_and_shadow_traffic_are_told() -> None:
    shadow = {"upstream": "next", "sent": 4, "failed": 1, "dropped_by": {"queue": 2}}
    opened = {"default": {**UPSTREAM, "breaker": "open"}}
    told = worker(upstreams=opened, shadow={**shadow, "breaker": "half_open"})
    found = read(exposition(None, {"a": told}))
    place = {"worker": "0", "upstream": "default"}
    assert value(found, "upstream_errors_total", **place) == 1
    assert value(found, "upstream_last_success_timestamp_seconds", **place) == 5
    states = ("closed", "open", "half_open")
    assert [value(found, "breaker_state", **place, state=each) for each in states] == [0, 1, 0]
    place["upstream"] = "next"
    assert [value(found, "breaker_state", **place, state=each) for each in states] == [0, 0, 1]
    assert value(found, "shadow_dropped_total", **place, reason="queue") == 2
    assert value(found, "shadow_waiting", **place) == 0


def test_two_workers_of_one_number_are_no_series_twice() -> None:
    found = read(exposition(None, {"a": worker(0), "b": worker(0, calls_total=9)}))
    assert value(found, "calls_started_total", worker="0") == 9


def test_workers_of_two_proxies_that_share_a_history_are_told_by_their_address_too() -> None:
    one, other = "http://127.0.0.1:8787", "http://[::1]:8788"
    workers = {"a": worker(0, listen=one), "b": worker(0, listen=other, calls_total=9)}
    found = read(exposition(None, workers))
    assert value(found, "calls_started_total", worker="0@127.0.0.1:8787") == 5
    assert value(found, "calls_started_total", worker="0@[::1]:8788") == 9
    place = {"worker": "0@[::1]:8788", "upstream": "default"}
    assert value(found, "upstream_calls_total", **place) is not None


@pytest.mark.parametrize(
    "odd",
    [
        {"upstreams": None, "shadow": None},
        {"upstreams": {"\x00\udc80": {"calls": "many", "breaker": "unheard of"}}},
        {"calls_open": None, "calls_total": None},
    ],
)
def test_a_worker_of_another_version_spoils_nothing(odd: dict[str, Any]) -> None:
    found = read(exposition(None, {"a": worker(0, **odd), "b": worker(1)}))
    assert value(found, "calls_started_total", worker="1") == 5


def test_every_metric_is_there_with_just_the_labels_it_is_said_to_have() -> None:
    found = labels_by_name(exposition(None, {"a": worker()}).decode())
    assert found == {family.name: set(family.labels) for family in SHOWN}

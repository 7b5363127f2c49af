"""Calls are counted by how they ended, by attempts, verdicts, repairs; replays by their arm alone."""

import pytest
from prometheus_client.registry import CollectorRegistry

from driftgate.proxy.history.prepare import Preparer
from driftgate.proxy.metrics.calls import CallCounter
from driftgate.proxy.metrics.values import OTHER, Vocabulary
from driftgate.proxy.record import Attempt, Outcome, Recorded, Replayed
from tests.proxy.history.calls import batch, call

PLACE = {"upstream": "default", "model": "gemma4"}
BROKEN = {
    "contract": "order",
    "verdict": "fail",
    "violations": [
        {"source": "contract", "keyword": "type", "path": "text", "reason": "r", "severity": each}
        for each in ("error", "repaired")
    ],
    "repairs": ["close_json", "extract_json"],
}


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def counter(registry: CollectorRegistry) -> CallCounter:
    return CallCounter(registry, Vocabulary())


def count(counter: CallCounter, *calls: Recorded) -> None:
    for each in Preparer().prepare([batch(*calls)]).calls:
        counter.count(each)


def samples(registry: CollectorRegistry, name: str) -> list[tuple[dict[str, str], float]]:
    return [
        (sample.labels, sample.value)
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == f"driftgate_{name}"
    ]


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"driftgate_{name}", labels)


def test_calls_are_told_apart_by_how_they_ended(
    registry: CollectorRegistry, counter: CallCounter
) -> None:
    refused = call(3, outcome=Outcome.UPSTREAM_REFUSED, status=None, chunks=[])
    count(counter, call(1), call(2), refused)
    dialect = {**PLACE, "dialect": "chat"}
    assert samples(registry, "calls_total") == [
        ({**dialect, "outcome": "completed", "status_class": "2xx"}, 2),
        ({**dialect, "outcome": "upstream_refused", "status_class": ""}, 1),
    ]
    assert value(registry, "call_errors_total", **PLACE, fault="upstream") == 1
    assert value(registry, "attempts_total", upstream="default", reason="first") == 3


def test_a_call_of_no_model_is_counted_too(
    registry: CollectorRegistry, counter: CallCounter
) -> None:
    count(counter, call(1, method="GET", target="/v1/files", request_body=b"", chunks=[]))
    ((labels, number),) = samples(registry, "calls_total")
    assert (labels["model"], labels["dialect"], number) == ("", "", 1)
    assert samples(registry, "verdicts_total") == []


def test_a_call_that_went_nowhere_was_no_attempt(
    registry: CollectorRegistry, counter: CallCounter
) -> None:
    count(counter, call(1, upstream="", outcome=Outcome.REFUSED, status=404, chunks=[]))
    assert samples(registry, "attempts_total") == []
    assert value(registry, "call_errors_total", upstream="", model="gemma4", fault="client") == 1


def test_what_a_managed_call_took_is_counted(
    registry: CollectorRegistry, counter: CallCounter
) -> None:
    attempts = [
        Attempt(1, "first", "default", judged=BROKEN),
        Attempt(2, "reask", "default", judged=BROKEN),
        Attempt(3, "fallback", "big", judged={**BROKEN, "verdict": "pass", "violations": []}),
    ]
    judged = {**BROKEN, "verdict": "pass", "violations": [], "fallback": "big/other-model"}
    count(counter, call(1, attempts=attempts, judged=judged))
    reasons = samples(registry, "attempts_total")
    assert reasons == [
        ({"upstream": "default", "reason": "first"}, 1),
        ({"upstream": "default", "reason": "reask"}, 1),
        ({"upstream": "big", "reason": "fallback"}, 1),
    ]
    fallback = {"upstream": "default", "fallback": "big/other-model"}
    assert samples(registry, "fallbacks_total") == [(fallback, 1)]
    repairs = samples(registry, "repairs_total")
    assert repairs == [
        ({"contract": "order", "repair": kind}, 1) for kind in ("close_json", "extract_json")
    ]
    which = {"contract": "order", "keyword": "type"}
    violations = samples(registry, "violations_total")
    assert violations == [({**which, "severity": each}, 2) for each in ("error", "repaired")]


def test_a_first_failure_is_an_increase_from_zero(
    registry: CollectorRegistry, counter: CallCounter
) -> None:
    count(counter, call(1))
    verdict = {**PLACE, "contract": "builtin"}
    assert value(registry, "verdicts_total", **verdict, verdict="pass") == 1
    assert value(registry, "verdicts_total", **verdict, verdict="fail") == 0


def test_a_replay_is_no_live_call(registry: CollectorRegistry, counter: CallCounter) -> None:
    mark = Replayed(bytes(16), "shadow", bytes(16))
    failed = call(2, replayed=mark, outcome=Outcome.UPSTREAM_RESET)
    count(counter, call(1, replayed=mark), failed, call(3, replayed=Replayed(b"", "B A D", b"")))
    assert samples(registry, "replayed_calls_total") == [
        ({"arm": "shadow", "result": "ok"}, 1),
        ({"arm": "shadow", "result": "error"}, 1),
        ({"arm": "unknown", "result": "ok"}, 1),
    ]
    others = [metric.name for metric in registry.collect() if metric.samples]
    assert others == ["driftgate_replayed_calls"]


@pytest.mark.parametrize("odd", ["x" * 100_000, "\x00\n\udc80", '"} 1\nevil 1'])
def test_whatever_a_client_names_its_model_counting_goes_on(
    registry: CollectorRegistry, counter: CallCounter, odd: str
) -> None:
    (prepared,) = Preparer().prepare([batch(call(1))]).calls
    prepared.row["model"] = odd
    counter.count(prepared)
    assert sum(number for _, number in samples(registry, "calls_total")) == 1


def test_a_thousand_models_are_a_hundred_and_other(
    registry: CollectorRegistry, counter: CallCounter
) -> None:
    (prepared,) = Preparer().prepare([batch(call(1))]).calls
    for number in range(1000):
        prepared.row["model"] = f"m{number}"
        counter.count(prepared)
    found = samples(registry, "calls_total")
    assert len(found) == 101
    assert [number for labels, number in found if labels["model"] == OTHER] == [900]

"""What is observed of each call, by upstream and model."""

import math
from typing import Any

import pytest
from prometheus_client.registry import CollectorRegistry

from driftgate.proxy.errors import Fault
from driftgate.proxy.metrics.place import Places
from driftgate.proxy.metrics.values import OTHER, Vocabulary

HERE = {"upstream": "u", "model": "m"}


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def places(registry: CollectorRegistry, limit: int = 100) -> Places:
    return Places(registry, Vocabulary(), limit=limit)


def test_times_are_seconds_and_tokens_are_counted(registry: CollectorRegistry) -> None:
    row = {
        "total_ms": 2500.0,
        "first_token_ms": 150.0,
        "first_byte_ms": 90.0,
        "overhead_ms": 0.2,
        "tokens_per_second": 33.0,
        "input_tokens": 100,
        "output_tokens": 20,
        "cached_tokens": 60,
        "reasoning_tokens": 5,
    }
    places(registry).of("u", "m").count(row, None)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"driftgate_{name}", {**HERE, **labels})

    assert value("call_duration_seconds_sum", result="ok") == 2.5
    assert value("call_duration_seconds_bucket", result="ok", le="2.5") == 1
    assert value("call_duration_seconds_bucket", result="ok", le="1.0") == 0
    assert value("time_to_first_token_seconds_sum") == 0.15
    assert value("time_to_first_byte_seconds_sum") == 0.09
    assert value("output_tokens_per_second_sum") == 33
    assert [value("tokens_total", type=each) for each in ("input", "output")] == [100, 20]
    assert (value("cached_tokens_total"), value("reasoning_tokens_total")) == (60, 5)
    overhead = {"upstream": "u", "le": "0.0002"}
    assert registry.get_sample_value("driftgate_proxy_overhead_seconds_bucket", overhead) == 1


def test_an_error_has_durations_of_its_own_and_each_fault_begins_at_zero(
    registry: CollectorRegistry,
) -> None:
    places(registry).of("u", "m").count({"total_ms": 10.0}, Fault.UPSTREAM)
    durations = "driftgate_call_duration_seconds_count"
    found = [registry.get_sample_value(durations, {**HERE, "result": r}) for r in ("ok", "error")]
    assert found == [0, 1]
    faults = [
        registry.get_sample_value("driftgate_call_errors_total", {**HERE, "fault": each.value})
        for each in Fault
    ]
    assert faults == [0, 1, 0]


@pytest.mark.parametrize("value", [-1, math.nan, math.inf, 1 << 62])
def test_what_cannot_be_so_is_not_counted(registry: CollectorRegistry, value: Any) -> None:
    names = ("total_ms", "first_token_ms", "overhead_ms", "tokens_per_second", "input_tokens")
    places(registry).of("u", "m").count(dict.fromkeys(names, value), None)
    samples = [sample for metric in registry.collect() for sample in metric.samples]
    assert {sample.value for sample in samples if not sample.name.endswith("_created")} == {0}


def test_pairs_beyond_the_limit_are_other_models_of_their_upstream(
    registry: CollectorRegistry,
) -> None:
    made = places(registry, limit=2)
    for number in range(50):
        made.of("u", f"m{number}").count({"input_tokens": 1}, None)
    made.of("u", "x" * 10_000).count({"input_tokens": 1}, None)
    tokens = "driftgate_tokens_total"
    found = {
        model: registry.get_sample_value(tokens, {"upstream": "u", "model": model, "type": "input"})
        for model in ("m0", "m1", "m2", OTHER)
    }
    assert found == {"m0": 1, "m1": 1, "m2": None, OTHER: 49}
    assert len(made._at_hand) <= 4


def test_a_call_without_a_model_has_an_empty_one(registry: CollectorRegistry) -> None:
    places(registry).of("u", None).count({"total_ms": 1.0}, None)
    labels = {"upstream": "u", "model": "", "result": "ok"}
    assert registry.get_sample_value("driftgate_call_duration_seconds_count", labels) == 1

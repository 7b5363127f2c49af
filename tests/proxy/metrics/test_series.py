"""A metric has no more series than its limit, however many are asked for."""

from prometheus_client import Counter
from prometheus_client.registry import CollectorRegistry

from driftgate.proxy.metrics.family import Family
from driftgate.proxy.metrics.series import Series
from driftgate.proxy.metrics.values import LENGTH, OTHER, Vocabulary

FAMILY = Family("a_total", "says", ("model", "outcome"))


def made(limit: int) -> tuple[Series[Counter], CollectorRegistry]:
    registry = CollectorRegistry()
    return Series(FAMILY.counter(registry), FAMILY, Vocabulary(), limit=limit), registry


def counted(registry: CollectorRegistry) -> dict[tuple[str, str], float]:
    (metric,) = registry.collect()
    return {
        (sample.labels["model"], sample.labels["outcome"]): sample.value
        for sample in metric.samples
        if sample.name == "a_total"
    }


def test_equal_values_are_one_series() -> None:
    series, registry = made(10)
    for model in ("a", "b", "a"):
        series.of(model, "ok").inc()
    assert counted(registry) == {("a", "ok"): 2, ("b", "ok"): 1}


def test_beyond_the_limit_what_strangers_name_is_other_and_our_own_words_stay() -> None:
    series, registry = made(2)
    for model in ("a", "b", "c", "d"):
        for outcome in ("ok", "failed"):
            series.of(model, outcome).inc()
    assert counted(registry) == {
        ("a", "ok"): 1,
        ("a", "failed"): 1,
        (OTHER, "ok"): 3,
        (OTHER, "failed"): 3,
    }


def test_what_is_at_hand_stays_little_whatever_is_asked_for() -> None:
    series, registry = made(2)
    for number in range(1000):
        series.of(f"model {number}", "ok").inc()
        series.of("x" * (LENGTH + 1 + number), "ok").inc()
    assert len(series._at_hand) <= 4
    assert all(len(str(model)) <= LENGTH for model, _ in series._at_hand)
    assert sum(counted(registry).values()) == 2000

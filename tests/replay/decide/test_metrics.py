"""Metrics: what they are of an answer, and how they are found by name."""

import pytest

from driftgate.replay.answer import Answer
from driftgate.replay.decide.metrics import METRICS, Kind, metric
from tests.replay.decide.made import answer, failed

GOOD = answer(total_ms=120.0, first_token_ms=20.0, output_tokens=0, tokens_per_second=0.0)


@pytest.mark.parametrize(
    ("name", "value", "of_failed"),
    [
        ("contract_pass", 1.0, None),
        ("served", 1.0, 0.0),
        ("latency_p95", 120.0, None),
        ("first_token_mean", 20.0, None),
        ("output_tokens", 0, None),
        ("tokens_per_second", None, None),
        ("violation:enum", 0.0, None),
    ],
)
def test_an_answer_has_its_value_or_none(
    name: str, value: float | None, of_failed: float | None
) -> None:
    of = metric(name).of
    assert of is not None
    assert of(GOOD) == value
    assert of(failed(total_ms=5.0)) == of_failed


def test_a_violation_counts_among_judged_answers_alone() -> None:
    of = metric("violation:enum").of
    assert of is not None
    assert of(answer(ok=False, violations=("enum",))) == 1.0
    unjudged = Answer("c", answer().arm, verdict="unjudged", violations=("enum",))
    assert of(unjudged) is None


def test_units_follow_from_how_arms_are_compared() -> None:
    assert metric("latency_p95").unit == "ratio"
    assert metric("agreement:mine").unit == "share"
    assert metric("agreement:mine").kind is Kind.AGREEMENT
    assert (metric("violation:enum").sign, metric("served").sign) == (-1, 1)


@pytest.mark.parametrize("name", ["latency", "violation:", "agreement:", "\x1b", ""])
def test_an_unknown_name_is_told(name: str) -> None:
    with pytest.raises(ValueError, match="unknown metric; "):
        metric(name)


def test_every_metric_is_found_by_its_own_name() -> None:
    assert all(metric(name).name == name == each.name for name, each in METRICS.items())

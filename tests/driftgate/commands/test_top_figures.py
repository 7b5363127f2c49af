"""What calls add up to."""

import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.commands.top_figures import Spread, figures, quantile
from tests.driftgate.commands.top_samples import NOW, call


def test_no_calls_have_no_figures() -> None:
    none = figures([], 60)
    assert (none.calls, none.per_minute, none.failed, none.error_rate) == (0, 0, 0, None)
    assert (none.first_token, none.tokens_per_second) == (Spread(None, None), None)
    assert none.verdicts == {}


def test_rates_are_over_the_whole_span_and_a_calls_speed_is_its_own() -> None:
    made = figures([call(), call(tokens_per_second=60.0), call(verdict=None)], 300)
    assert made.per_minute == pytest.approx(0.6)
    assert made.output_per_s == pytest.approx(0.3)
    assert made.input_per_s == pytest.approx(0.12)
    assert made.tokens_per_second == 40.0
    assert made.verdicts == {"pass": 2}


@pytest.mark.parametrize(
    "columns",
    [
        {"status": 502},
        {"status": 400},
        {"status": None, "outcome": "interrupted"},
        {"outcome": "client_gone"},
    ],
)
def test_a_call_fails_by_its_status_or_its_end_and_its_time_counts_no_more(
    columns: dict[str, Any],
) -> None:
    made = figures([call(), call(total_ms=90_000.0, **columns)], 60)
    assert (made.failed, made.error_rate) == (1, 0.5)
    assert made.total == Spread(1000.0, 1000.0)


def test_our_own_reason_comes_before_the_backends_and_is_cut() -> None:
    assert call(error="reset", answer_error="busy").problem == "reset"
    assert call(answer_error="x" * 5000).problem == "x" * 300
    assert call(error="", answer_error=None).problem is None


def test_a_call_that_was_cut_off_counts_from_its_start() -> None:
    assert call(ended_at=None, started_at=NOW).ended_at == NOW


@given(st.lists(st.floats(-1e6, 1e6), min_size=2))
def test_quantiles_are_those_of_python(values: list[float]) -> None:
    values.sort()
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    assert quantile(values, 0.5) == pytest.approx(cuts[9], abs=1e-6)
    assert quantile(values, 0.95) == pytest.approx(cuts[18], abs=1e-6)

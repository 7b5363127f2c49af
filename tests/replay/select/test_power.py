"""How many cases a question takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.errors import UsageError
from driftgate.replay.select.power import detectable, needed, shown

shares = st.floats(0.01, 0.5)


@pytest.mark.parametrize(("drop", "cases"), [(0.02, 1960), (0.05, 312), (0.10, 77)])
def test_with_one_answer_a_case_it_is_the_formula_of_the_books(drop: float, cases: int) -> None:
    """At 10 % of flips, alpha 0.05 and power 0.8; the books have psi under the hypothesis of none."""
    assert needed(drop, 0.1) == pytest.approx(cases, rel=0.012)


def test_a_drop_within_the_margin_is_found_by_no_number() -> None:
    assert needed(0.02, 0.1, margin=0.02) is None
    assert needed(0.01, 0.1, margin=0.02) is None
    assert needed(0.0, 0.1) is None


@given(drop=shares, flips=shares, k=st.integers(1, 8), power=st.floats(0.6, 0.95))
def test_more_answers_and_larger_drops_need_fewer_cases(
    drop: float, flips: float, k: int, power: float
) -> None:
    cases = needed(drop, flips, k=k, power=power)
    more, larger = needed(drop, flips, k=k + 1, power=power), needed(1.0, 1.0, k=k, power=power)
    assert cases is not None
    assert more is not None
    assert larger is not None
    assert larger <= more <= cases


@given(n=st.integers(50, 5000), flips=shares, margin=st.floats(0, 0.05), k=st.integers(1, 4))
def test_what_is_detectable_is_what_so_many_cases_are_needed_for(
    n: int, flips: float, margin: float, k: int
) -> None:
    drop = detectable(n, flips, margin=margin, k=k)
    assert drop is not None
    wanted = needed(drop, flips, margin=margin, k=k)
    assert wanted is not None
    assert wanted <= n
    smaller = needed(drop - 0.001, flips, margin=margin, k=k)
    assert smaller is None or smaller > n


def test_too_few_cases_find_nothing() -> None:
    assert detectable(1, 0.5) is None
    with pytest.raises(UsageError, match="give at least 1"):
        detectable(0, 0.1)


@pytest.mark.parametrize(
    ("flips", "k", "low", "high"),
    [(0.0, 2, 135, 141), (0.00995, 2, 230, 300), (0.0198, 2, 300, 500), (0.095, 4, 500, 900)],
)
def test_an_unchanged_model_takes_more_cases_the_more_it_flips(
    flips: float, k: int, low: int, high: int
) -> None:
    found = shown(flips, margin=0.02, k=k)
    assert found is not None
    assert low <= found <= high


def test_no_number_shows_that_nothing_is_lost_where_nothing_may_be() -> None:
    assert shown(0.0, margin=0.0) is None

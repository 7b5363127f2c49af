"""Adjusted p values: known ones, and what holds for all."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.decide.multiplicity import benjamini_hochberg, holm

values = st.lists(st.floats(0, 1), max_size=20)


def test_holm_multiplies_by_how_many_are_left() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_a_weight_is_a_tests_share_of_alpha() -> None:
    assert holm([0.02, 0.02, 0.02], [2, 1, 1]) == pytest.approx([0.04, 0.04, 0.04])
    assert holm([0.02, 0.3, 0.4], [2, 1, 1]) == pytest.approx([0.04, 0.6, 0.6])
    assert holm([0.01, 0.04, 0.03], [5, 5, 5]) == pytest.approx(holm([0.01, 0.04, 0.03]))


def test_benjamini_hochberg_multiplies_by_rank() -> None:
    assert benjamini_hochberg([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])
    assert benjamini_hochberg([]) == []


@given(values)
def test_adjusting_never_makes_a_p_smaller_or_turns_their_order(p: list[float]) -> None:
    for adjusted in (holm(p), benjamini_hochberg(p)):
        pairs = sorted(zip(p, adjusted, strict=True))
        assert all(before <= after + 1e-12 <= 1 + 2e-12 for before, after in pairs)
        assert all(a[1] <= b[1] + 1e-12 for a, b in pairwise(pairs))

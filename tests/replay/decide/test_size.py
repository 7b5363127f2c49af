"""How many cases would settle it, and what so many can see."""

import numpy as np
import pytest

from driftgate.replay.decide.effect import Effect, effect_of
from driftgate.replay.decide.metrics import metric
from driftgate.replay.decide.paired import Paired
from driftgate.replay.decide.size import minimal, needed


def shares(before: list[float], after: list[float], sessions: list[int] | None = None) -> Effect:
    places = np.arange(len(before))
    groups = places if sessions is None else np.array(sessions)
    found = effect_of(
        Paired(metric("contract_pass"), places, groups, np.array(before), np.array(after)), 0.95, 1
    )
    assert found is not None
    return found


def test_what_never_differs_needs_as_many_as_make_the_interval_narrow() -> None:
    wanted = needed(shares([1.0] * 20, [1.0] * 20), 0.02, 0.95, 0.95)
    assert wanted is not None
    assert 130 <= wanted <= 150
    at = shares([1.0] * wanted, [1.0] * wanted)
    before = shares([1.0] * (wanted - 4), [1.0] * (wanted - 4))
    assert at.losses[1] <= 0.02 < before.losses[1]


def test_noise_needs_what_the_formula_says() -> None:
    half = [1.0, 0.0] * 50
    wanted = needed(shares(half, half[::-1]), 0.02, 0.95, 0.95)
    assert wanted == pytest.approx(((1.96 + 0.8416) / 0.02) ** 2, rel=0.03)


def test_a_loss_that_is_seen_is_settled_as_one() -> None:
    lost = shares([1.0] * 100, [0.0] * 6 + [1.0] * 94)
    assert lost.losses[0] > 0
    wanted = needed(lost, 0.02, 0.95, 0.95)
    assert wanted is not None
    assert 200 < wanted < 500


def test_drift_among_many_tests_takes_more_cases_than_alone() -> None:
    lost = shares([1.0] * 100, [0.0] * 6 + [1.0] * 94)
    alone, among = needed(lost, 0.02, 0.95, 0.95), needed(lost, 0.02, 0.95, 0.995)
    assert alone is not None
    assert among is not None
    assert among > 1.3 * alone
    kept = shares([1.0] * 20, [1.0] * 20)
    assert needed(kept, 0.02, 0.95, 0.995) == needed(kept, 0.02, 0.95, 0.95)


def test_no_number_settles_a_loss_at_the_margin_or_one_session() -> None:
    lost = shares([1.0] * 400, [0.0] * 20 + [1.0] * 380)
    assert needed(lost, 0.05, 0.95, 0.95) is None
    assert needed(shares([1.0] * 40, [1.0] * 40, [0] * 40), 0.02, 0.95, 0.95) is None
    assert minimal(shares([1.0] * 40, [1.0] * 40, [0] * 40), None, 0.95) is None


def test_what_can_be_seen_begins_beyond_the_margin() -> None:
    found = shares([1.0, 0.0] * 50, [0.0, 1.0] * 50)
    alone, beyond = minimal(found, None, 0.95), minimal(found, 0.02, 0.95)
    assert alone is not None
    assert beyond == pytest.approx(alone + 0.02)
    assert alone == pytest.approx(2.83 * found.interval.error, rel=0.01)

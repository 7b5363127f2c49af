"""Effects: shares, ratios and tails, each with its loss and its p."""

import math

import numpy as np
import pytest

from driftgate.replay.decide.effect import FEWEST_SESSIONS, Effect, effect_of
from driftgate.replay.decide.metrics import metric
from driftgate.replay.decide.paired import Paired, Raw


def of(
    name: str, before: list[float], after: list[float], sessions: list[int] | None = None
) -> Effect:
    places = np.arange(len(before))
    raw = Raw(np.array(before), places), Raw(np.array(after), places)
    groups = places if sessions is None else np.array(sessions)
    paired = Paired(metric(name), places, groups, raw[0].values, raw[1].values, raw)
    found = effect_of(paired, 0.95, seed=1)
    assert found is not None
    return found


def test_a_loss_is_what_is_worse_in_either_direction() -> None:
    lower = of("contract_pass", [1.0] * 50, [0.0] * 10 + [1.0] * 40)
    higher = of("output_tokens", [10.0, 20.0, 30.0], [12.0, 24.0, 36.0])
    assert lower.loss == pytest.approx(0.2)
    assert lower.losses[0] < 0.2 < lower.losses[1]
    assert higher.loss == pytest.approx(0.2)
    assert (higher.flips.worse, lower.flips.worse) == (3, 10)


def test_p_is_small_where_the_margin_is_exceeded() -> None:
    found = of("contract_pass", [1.0] * 50, [0.0] * 20 + [1.0] * 30)
    assert found.p_worse(0.02) < 0.001
    assert found.p_worse(0.6) > 0.99


def test_pass_and_fail_have_the_exact_p_of_their_sessions() -> None:
    before, after = [1.0] * 60, [0.0] * 12 + [1.0] * 48
    alone = of("contract_pass", before, after)
    together = of("contract_pass", before, after, [each // 6 for each in range(60)])
    assert alone.p_differs() == pytest.approx(2 / 2**12)
    assert together.p_differs() == pytest.approx(2 / 2**2)


def test_a_slower_tail_is_found_where_there_are_sessions_enough() -> None:
    chance = np.random.default_rng(1)
    before = chance.gamma(9, 50, 200)
    slower = of("latency_p95", before.tolist(), (before * 1.4).tolist())
    assert slower.interval.mean == pytest.approx(0.4)
    assert slower.p_worse(0.1) < 0.01
    assert slower.losses[0] > 0.1
    few = of("latency_p95", before.tolist(), (before * 1.4).tolist(), [0] * 100 + [1] * 100)
    assert few.p_worse(0.1) == 1
    assert math.isinf(few.interval.high)
    assert FEWEST_SESSIONS > 2


def test_there_is_no_effect_of_nothing() -> None:
    nothing = np.array([], dtype=np.int64)
    empty = np.array([], dtype=float)
    paired = Paired(metric("served"), nothing, nothing, empty, empty)
    assert effect_of(paired, 0.95, seed=1) is None
    zeros = Paired(metric("output_tokens"), np.arange(3), np.arange(3), np.zeros(3), np.ones(3))
    assert effect_of(zeros, 0.95, seed=1) is None


def test_one_session_shows_nothing() -> None:
    found = of("contract_pass", [1.0] * 50, [0.0] * 50, [0] * 50)
    assert found.p_worse(0.02) == 1

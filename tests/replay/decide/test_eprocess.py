"""Stopping early: evidence that may be looked at at any time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.decide.eprocess import EProcess, Evidence

RUNS, LONGEST, MARGIN = 1000, 600, 0.05


@given(st.lists(st.floats(-1, 1), max_size=200), st.floats(-1, 1))
def test_wealth_is_never_used_up(values: list[float], m: float) -> None:
    evidence = Evidence(m)
    for value in values:
        evidence.add(value)
        assert np.isfinite(evidence.log_wealth)


def test_a_clear_drop_is_seen_soon_and_no_drop_is_not() -> None:
    worse, same = EProcess(0.02), EProcess(0.02)
    for _ in range(60):
        worse.add(-0.5)
        same.add(0.0)
    assert (worse.breaks, worse.keeps) == (True, False)
    assert not same.breaks


def test_what_was_shown_once_stays_shown() -> None:
    process = EProcess(0.05)
    for value in [1.0] * 40 + [-1.0] * 200:
        process.add(value)
    assert process.keeps


def _stopped(drop: float, seed: int) -> tuple[list[bool], list[int]]:
    """Of each run: whether it was called broken, and after how many sessions it was over."""
    chance = np.random.default_rng(seed)
    broken, ends = [], []
    for _ in range(RUNS):
        process, end = EProcess(MARGIN), LONGEST
        baseline = chance.random((LONGEST, 2)) < 0.9
        candidate = chance.random((LONGEST, 2)) < 0.9 - drop
        for number, value in enumerate(candidate.mean(axis=1) - baseline.mean(axis=1)):
            process.add(float(value))
            if process.breaks or process.keeps:
                end = number + 1
                break
        broken.append(process.breaks)
        ends.append(end)
    return broken, ends


@pytest.mark.slow
def test_false_alarms_stay_below_the_level_at_the_margin_itself() -> None:
    """1,000 runs, looked at after each of 600 sessions; the null at its edge."""
    broken, _ = _stopped(MARGIN, seed=1)
    assert np.mean(broken) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize(("drop", "saved"), [(0.0, 0.2), (0.15, 0.5)])
def test_clear_cases_are_over_long_before_the_end(drop: float, saved: float) -> None:
    broken, ends = _stopped(drop, seed=2)
    assert np.mean(ends) <= (1 - saved) * LONGEST
    assert np.mean(broken) >= 0.95 if drop else np.mean(broken) <= 0.001

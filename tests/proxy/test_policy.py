"""What comes next: a table of cases, and what holds for all of them."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.attempt_kind import Kind
from driftgate.proxy.policy import (
    Deliver,
    Fail,
    FallBack,
    Pass,
    Reask,
    Retry,
    Rules,
    Step,
    Tried,
    backoff,
    next_step,
)

RULES = Rules(attempts=3, total_s=60, reasks=1, on_failure="error")
LENIENT = Rules(attempts=3, total_s=60, reasks=1, on_failure="deliver")
WITH_FALLBACK = Rules(attempts=3, total_s=60, reasks=1, fallbacks=1, on_failure="error")
GOOD, BROKEN, REFUSED, FAILED = (
    Tried(kind) for kind in (Kind.GOOD, Kind.BROKEN, Kind.REFUSED, Kind.FAILED)
)
DOWN = Tried(Kind.TRANSIENT)
REASKED = Tried(Kind.BROKEN, reasked=True)
KEPT_BACK = Tried(Kind.TRANSIENT, sent=False)


def second(kind: Kind, **more: Any) -> Tried:
    """An attempt at the first fallback."""
    return Tried(kind, target=1, **more)


def step(
    rules: Rules, *tried: Tried, elapsed_s: float = 0, random: float = 0.5, **more: Any
) -> Step:
    return next_step(rules, tried, elapsed_s=elapsed_s, random=random, **more)


@pytest.mark.parametrize(
    ("rules", "tried", "expected"),
    [
        # a good answer is delivered, whatever came before
        (RULES, [GOOD], Deliver(0)),
        (RULES, [DOWN, BROKEN, GOOD], Deliver(2)),
        # a passing failure is tried again while tries are left
        (RULES, [DOWN], Retry(0.25)),
        (RULES, [DOWN, DOWN], Retry(0.5)),
        (RULES, [DOWN, DOWN, DOWN], Fail("upstream", 2)),
        # a broken answer is asked for once more
        (RULES, [BROKEN], Reask()),
        (RULES, [BROKEN, REASKED], Fail("contract", 1)),
        (RULES, [BROKEN, Tried(Kind.TRANSIENT, reasked=True)], Retry(0.25)),
        (RULES, [DOWN, DOWN, BROKEN], Fail("contract", 2)),
        (LENIENT, [BROKEN, REASKED], Deliver(1)),
        (LENIENT, [BROKEN, DOWN, DOWN], Deliver(0)),
        (RULES, [BROKEN, DOWN, DOWN], Fail("contract", 0)),
        # a refusal is the upstream's own word
        (RULES, [REFUSED], Pass(0)),
        (RULES, [DOWN, REFUSED], Pass(1)),
        (RULES, [FAILED], Fail("upstream", 0)),
        # fallbacks: one try each, kept free of retries
        (WITH_FALLBACK, [REFUSED], FallBack(1)),
        (WITH_FALLBACK, [FAILED], FallBack(1)),
        (WITH_FALLBACK, [DOWN], Retry(0.25)),
        (WITH_FALLBACK, [DOWN, DOWN], FallBack(1)),
        (WITH_FALLBACK, [BROKEN, REASKED], FallBack(1)),
        (WITH_FALLBACK, [DOWN, DOWN, second(Kind.TRANSIENT)], Fail("upstream", 2)),
        (WITH_FALLBACK, [REFUSED, second(Kind.TRANSIENT)], Retry(0.25)),
        (WITH_FALLBACK, [REFUSED, second(Kind.BROKEN)], Reask()),
        (WITH_FALLBACK, [REFUSED, second(Kind.FAILED)], Pass(0)),
        (WITH_FALLBACK, [REFUSED, second(Kind.REFUSED)], Pass(1)),
        (Rules(attempts=1, fallbacks=1), [DOWN], FallBack(1)),
        # by default a call is passed on as it is
        (Rules(), [BROKEN], Deliver(0)),
        (Rules(), [DOWN], Fail("upstream", 0)),
    ],
)
def test_the_next_step(rules: Rules, tried: list[Tried], expected: Step) -> None:
    assert step(rules, *tried) == expected


def test_the_upstreams_own_wait_is_kept_where_it_fits() -> None:
    asked = Tried(Kind.TRANSIENT, retry_after_s=7)
    assert step(RULES, asked) == Retry(7)
    assert step(RULES, asked, elapsed_s=52) == Retry(7)
    assert step(RULES, asked, elapsed_s=53) == Fail("upstream", 0)
    assert step(WITH_FALLBACK, asked, elapsed_s=53) == FallBack(1)
    assert step(RULES, Tried(Kind.TRANSIENT, retry_after_s=0)) == Retry(0.25)


@pytest.mark.parametrize("tried", [DOWN, BROKEN])
def test_when_the_time_is_up_nothing_begins_but_an_unused_fallback(tried: Tried) -> None:
    assert isinstance(step(RULES, tried, elapsed_s=60), Fail)
    assert step(WITH_FALLBACK, tried, elapsed_s=60) == FallBack(1)
    used = Tried(tried.kind, target=1)
    assert isinstance(step(WITH_FALLBACK, tried, used, elapsed_s=60), Fail)


def test_an_empty_budget_ends_retries_and_nothing_else() -> None:
    assert step(RULES, DOWN, budget_ok=False) == Fail("upstream", 0)
    assert step(WITH_FALLBACK, DOWN, budget_ok=False) == FallBack(1)
    assert step(RULES, BROKEN, budget_ok=False) == Reask()


def test_an_open_breaker_keeps_this_target_out() -> None:
    assert step(RULES, DOWN, breaker_open=True) == Fail("upstream", 0)
    assert step(RULES, BROKEN, breaker_open=True) == Fail("contract", 0)
    assert step(WITH_FALLBACK, DOWN, breaker_open=True) == FallBack(1)


def test_what_a_breaker_kept_back_is_no_try() -> None:
    assert step(RULES, KEPT_BACK, breaker_open=True) == Fail("breaker_open", 0)
    assert step(WITH_FALLBACK, KEPT_BACK, breaker_open=True) == FallBack(1)
    assert step(RULES, KEPT_BACK) == Fail("breaker_open", 0)  # half-open: another call probes
    assert step(RULES, DOWN, KEPT_BACK) == Fail("upstream", 0)
    both = [KEPT_BACK, second(Kind.TRANSIENT)]
    assert step(WITH_FALLBACK, *both) == Retry(0.25)
    assert step(WITH_FALLBACK, *both, breaker_open=True) == Fail("upstream", 1)


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 10**6))
def test_a_wait_is_random_up_to_its_limit(random: float, retries: int) -> None:
    assert 0 <= backoff(RULES, retries, random) <= RULES.backoff_limit_s


def test_waits_double() -> None:
    assert [backoff(RULES, retries, 0.5) for retries in range(6)] == [0.25, 0.5, 1, 2, 4, 4]


rules_of = st.builds(
    Rules,
    attempts=st.integers(1, 5),
    total_s=st.floats(0.1, 60),
    backoff_s=st.floats(0, 2),
    backoff_limit_s=st.floats(0, 8),
    reasks=st.integers(0, 3),
    fallbacks=st.integers(0, 3),
    on_failure=st.sampled_from(["error", "deliver"]),
)
world_of = st.lists(
    st.tuples(
        st.sampled_from(list(Kind)),
        st.one_of(st.none(), st.floats(0, 100)),  # Retry-After
        st.floats(0, 20),  # seconds that the attempt takes
        st.booleans(),  # budget
        st.booleans(),  # breaker open
        st.booleans(),  # the breaker keeps the attempt back
    ),
    min_size=1,
)


def driven(rules: Rules, world: list[Any]) -> Iterator[tuple[list[Tried], Step, float]]:
    """What a driver does in a world that answers so, over and over: tries, step, seconds so far."""
    tried: list[Tried] = []
    target, elapsed, reasked = 0, 0.0, False
    for number in range(1000):
        kind, wait, took, budget, broken, kept = world[number % len(world)]
        elapsed += took
        if kept:
            tried.append(Tried(Kind.TRANSIENT, target, sent=False))
        else:
            tried.append(Tried(kind, target, wait, reasked))
        taken = step(
            rules, *tried, elapsed_s=elapsed, random=0.9, budget_ok=budget, breaker_open=broken
        )
        yield tried, taken, elapsed
        reasked = isinstance(taken, Reask)
        match taken:
            case Retry(delay):
                elapsed += delay
            case FallBack(index):
                target = index
            case Reask():
                pass
            case _:
                return
    raise AssertionError("it does not end")


@given(rules_of, world_of)
def test_it_always_ends_within_its_tries_and_its_time(rules: Rules, world: list[Any]) -> None:
    steps = list(driven(rules, world))
    tries = sum(each.sent for each in steps[-1][0])
    assert tries <= max(rules.attempts, 1 + rules.fallbacks)
    assert len(steps) - tries <= 1 + rules.fallbacks
    late = [taken for _, taken, elapsed in steps[:-1] if elapsed >= rules.total_s]
    assert all(isinstance(taken, FallBack) for taken in late)
    for _, taken, elapsed in steps:
        assert not isinstance(taken, Retry) or elapsed + taken.delay_s < rules.total_s


@given(rules_of, world_of)
def test_what_is_delivered_deserves_it(rules: Rules, world: list[Any]) -> None:
    *_, (tried, last, _) = driven(rules, world)
    if isinstance(last, Deliver):
        lenient = rules.on_failure == "deliver" and tried[last.index].kind is Kind.BROKEN
        assert lenient or tried[last.index].kind is Kind.GOOD
    elif isinstance(last, Pass):
        assert tried[last.index].kind is Kind.REFUSED
    assert isinstance(last, Deliver) or all(each.kind is not Kind.GOOD for each in tried)


@given(rules_of, world_of)
def test_a_fallback_is_used_once_and_reasks_are_counted(rules: Rules, world: list[Any]) -> None:
    used, steps = [], list(driven(rules, world))
    for _, taken, _ in steps:
        if isinstance(taken, FallBack):
            used.append(taken.target)
    assert used == list(range(1, len(used) + 1))
    assert len(used) <= rules.fallbacks
    tried = steps[-1][0]
    for target in range(rules.fallbacks + 1):
        assert sum(each.reasked for each in tried if each.target == target) <= rules.reasks

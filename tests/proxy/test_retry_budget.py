"""The retry budget: a share of the calls of the last minute, and a few besides."""

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.retry_budget import WINDOW_S, RetryBudget
from driftgate.proxy.settings.upstream import Upstream


def made(ratio: float = 0.2, least: int = 0) -> RetryBudget:
    return RetryBudget(Upstream(url="http://u", retry_ratio=ratio, retry_min=least))


def taken(budget: RetryBudget, now: float) -> int:
    count = 0
    while budget.withdraw(now):
        count += 1
    return count


def test_each_call_adds_its_share() -> None:
    budget = made()
    for _ in range(10):
        budget.deposit(0)
    assert taken(budget, 0) == 2


def test_a_few_retries_need_no_calls() -> None:
    assert taken(made(least=10), 0) == 10
    assert taken(made(), 0) == 0


def test_looking_takes_nothing() -> None:
    budget = made(least=1)
    assert budget.available(0)
    assert budget.available(0)
    assert budget.withdraw(0)
    assert not budget.available(0)


def test_a_minute_later_what_was_taken_is_there_again_and_what_was_added_is_gone() -> None:
    budget = made(least=1)
    for _ in range(10):
        budget.deposit(0)
    assert taken(budget, 0.5) == 3
    assert not budget.available(WINDOW_S - 1)
    assert taken(budget, WINDOW_S + 1) == 1


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 30)), max_size=200),
    st.sampled_from([0, 0.2, 1]),
    st.integers(0, 5),
)
def test_retries_stay_within_their_share(
    steps: list[tuple[bool, float]], ratio: float, least: int
) -> None:
    budget, now = made(ratio, least), 0.0
    calls: list[int] = []
    retries: list[int] = []
    for is_call, passed in steps:
        now += passed
        second = int(now)
        if is_call:
            budget.deposit(now)
            calls.append(second)
        elif budget.withdraw(now):
            retries.append(second)
            window = range(second - WINDOW_S + 1, second + 1)
            allowed = ratio * sum(at in window for at in calls) + least
            assert sum(at in window for at in retries) <= allowed

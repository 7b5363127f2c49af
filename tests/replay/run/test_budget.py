"""What a run may spend."""

from driftgate.replay.run.budget import Budget


def test_without_limits_nothing_is_ever_used_up() -> None:
    budget = Budget()
    budget.note(10**12)
    assert budget.exhausted(1e9) is None


def test_tokens_are_counted_to_the_limit() -> None:
    budget = Budget(tokens=1_000)
    budget.note(999)
    assert budget.exhausted(0) is None
    budget.note(1)
    assert budget.exhausted(0) == "the budget of 1,000 tokens is used up"


def test_minutes_end_a_run() -> None:
    budget = Budget(minutes=1.5)
    assert budget.exhausted(89.9) is None
    assert budget.exhausted(90) == "the budget of 1.5 minutes is used up"

"""The circuit breaker: when it opens, how it probes, and that it closes again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.breaker import LONGEST, PROBE_S, Breaker, Permit, State
from driftgate.proxy.settings.upstream import Upstream


def made(failures: int = 3, open_s: float = 10) -> Breaker:
    return Breaker(Upstream(url="http://u", breaker_failures=failures, breaker_open_s=open_s))


def sent(breaker: Breaker, now: float) -> Permit:
    """A call that is let through."""
    permit = breaker.permit(now)
    assert permit is not None
    return permit


def ended(breaker: Breaker, now: float, *, ok: bool) -> None:
    """A call from its start to its end."""
    breaker.note(sent(breaker, now), ok, now)


def opened(at: float = 0) -> Breaker:
    breaker = made()
    for _ in range(3):
        ended(breaker, at, ok=False)
    return breaker


def test_it_opens_behind_so_many_failures_in_a_row() -> None:
    breaker = made()
    for ok in (False, False, True, False, False):
        ended(breaker, 0, ok=ok)
        assert breaker.state(0) is State.CLOSED
    ended(breaker, 0, ok=False)
    assert (breaker.state(0), breaker.permit(9.9), breaker.opens_in(4)) == (State.OPEN, None, 6)


def test_each_call_under_way_takes_one_failure_more() -> None:
    """Of 8 abreast the failures end first: five of them say nothing of the calls still served."""
    breaker = made()
    streams = [sent(breaker, 0) for _ in range(3)]
    breaker.forget(streams.pop())
    for _ in range(4):
        ended(breaker, 0, ok=False)
        assert breaker.state(0) is State.CLOSED
    breaker.note(streams.pop(), ok=False, now=0)
    assert breaker.state(0) is State.OPEN


def test_half_open_lets_one_probe_through_at_a_time() -> None:
    breaker = opened()
    assert breaker.state(10) is State.HALF_OPEN
    let_through = [breaker.permit(at) is not None for at in (10, 10, 11)]
    assert let_through == [True, False, False]


def test_a_served_probe_closes_it() -> None:
    breaker = opened()
    breaker.note(sent(breaker, 10), ok=True, now=11)
    assert breaker.state(11) is State.CLOSED
    assert breaker.permit(11)
    assert breaker.permit(11)
    assert breaker.opens_in(11) == 0


def test_failed_probes_double_the_wait_to_a_limit() -> None:
    breaker, now, waits = opened(), 10.0, []
    for _ in range(8):
        ended(breaker, now, ok=False)
        waits.append(breaker.opens_in(now))
        now += waits[-1]
    assert waits == [20, 40, 80, 160, 320, 320, 320, 320]
    assert waits[-1] == 10 * LONGEST


def test_a_closed_breaker_starts_with_the_short_wait_and_no_failures_again() -> None:
    breaker = opened()
    ended(breaker, 10, ok=False)
    ended(breaker, 30, ok=True)
    for _ in range(2):
        ended(breaker, 40, ok=False)
        assert breaker.state(40) is State.CLOSED
    ended(breaker, 40, ok=False)
    assert breaker.opens_in(40) == 10


def test_a_probe_whose_client_left_makes_room_for_the_next() -> None:
    breaker = opened()
    breaker.forget(sent(breaker, 10))
    assert breaker.permit(10)


def test_the_client_of_another_call_that_leaves_does_not_free_the_probe() -> None:
    breaker = made()
    old = sent(breaker, 0)
    for _ in range(4):  # one more, for the one under way
        ended(breaker, 0, ok=False)
    probe = sent(breaker, 10)
    breaker.forget(old)
    assert breaker.permit(10) is None
    breaker.forget(probe)
    assert breaker.permit(10)


def test_a_probe_that_never_ends_is_not_waited_for_for_ever() -> None:
    breaker = opened()
    first = sent(breaker, 10)
    assert breaker.permit(10 + PROBE_S - 1) is None
    second = sent(breaker, 10 + PROBE_S)
    breaker.note(first, ok=False, now=10 + PROBE_S)
    assert breaker.state(10 + PROBE_S) is State.HALF_OPEN
    breaker.note(second, ok=True, now=10 + PROBE_S)
    assert breaker.state(10 + PROBE_S) is State.CLOSED


@pytest.mark.parametrize("ok", [True, False])
def test_calls_sent_before_it_opened_neither_close_it_nor_prolong_it(ok: bool) -> None:
    breaker = made()
    old = sent(breaker, 0)
    for _ in range(4):  # one more, for the one under way
        ended(breaker, 0, ok=False)
    breaker.note(old, ok, 5)
    assert breaker.opens_in(5) == 5
    probe = sent(breaker, 10)
    breaker.note(old, ok, 10)
    assert (breaker.state(10), breaker.permit(10)) == (State.HALF_OPEN, None)
    breaker.note(probe, ok=True, now=10)
    assert breaker.state(10) is State.CLOSED


def test_none_is_an_option() -> None:
    breaker = made(failures=0)
    for _ in range(100):
        ended(breaker, 0, ok=False)
    assert breaker.permit(0)


@given(st.lists(st.tuples(st.sampled_from(["ok", "bad", "left", "runs"]), st.floats(0, 100))))
def test_it_always_lets_a_call_through_in_the_end(steps: list[tuple[str, float]]) -> None:
    breaker, now, running = made(failures=1), 0.0, list[Permit]()
    for what, passed in steps:
        now += passed
        permit = breaker.permit(now)
        if permit is not None and what == "runs":
            running.append(permit)
        elif permit is not None and what == "left":
            breaker.forget(permit)
        elif permit is not None:
            breaker.note(permit, what == "ok", now)
    for permit in running:
        breaker.forget(permit)
    assert breaker.permit(now + breaker.opens_in(now))

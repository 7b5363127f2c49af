"""The circuit breaker: when it opens, how it probes, and that it closes again."""

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.breaker import LONGEST, PROBE_S, Breaker, State
from driftgate.proxy.settings.upstream import Upstream


def made(failures: int = 3, open_s: float = 10) -> Breaker:
    return Breaker(Upstream(url="http://u", breaker_failures=failures, breaker_open_s=open_s))


def opened(at: float = 0) -> Breaker:
    breaker = made()
    for _ in range(3):
        breaker.note(ok=False, now=at)
    return breaker


def test_it_opens_behind_so_many_failures_in_a_row() -> None:
    breaker = made()
    for ok in (False, False, True, False, False):
        breaker.note(ok, 0)
        assert breaker.state(0) is State.CLOSED
    breaker.note(ok=False, now=0)
    assert (breaker.state(0), breaker.allows(9.9), breaker.opens_in(4)) == (State.OPEN, False, 6)


def test_half_open_lets_one_probe_through_at_a_time() -> None:
    breaker = opened()
    assert breaker.state(10) is State.HALF_OPEN
    assert [breaker.allows(10), breaker.allows(10), breaker.allows(11)] == [True, False, False]


def test_a_served_probe_closes_it() -> None:
    breaker = opened()
    assert breaker.allows(10)
    breaker.note(ok=True, now=11)
    assert breaker.state(11) is State.CLOSED
    assert [breaker.allows(11), breaker.allows(11), breaker.opens_in(11)] == [True, True, 0]


def test_failed_probes_double_the_wait_to_a_limit() -> None:
    breaker, now, waits = opened(), 10.0, []
    for _ in range(8):
        assert breaker.allows(now)
        breaker.note(ok=False, now=now)
        waits.append(breaker.opens_in(now))
        now += waits[-1]
    assert waits == [20, 40, 80, 160, 320, 320, 320, 320]
    assert waits[-1] == 10 * LONGEST


def test_a_closed_breaker_starts_with_the_short_wait_again() -> None:
    breaker = opened()
    breaker.allows(10)
    breaker.note(ok=False, now=10)
    breaker.allows(30)
    breaker.note(ok=True, now=30)
    for _ in range(3):
        breaker.note(ok=False, now=40)
    assert breaker.opens_in(40) == 10


def test_a_probe_whose_client_left_makes_room_for_the_next() -> None:
    breaker = opened()
    assert breaker.allows(10)
    breaker.forget()
    assert breaker.allows(10)


def test_a_probe_that_never_ends_is_not_waited_for_for_ever() -> None:
    breaker = opened()
    assert breaker.allows(10)
    assert not breaker.allows(10 + PROBE_S - 1)
    assert breaker.allows(10 + PROBE_S)


def test_calls_that_end_while_it_is_open_do_not_prolong_it() -> None:
    breaker = opened()
    breaker.note(ok=False, now=5)
    assert breaker.opens_in(5) == 5


def test_none_is_an_option() -> None:
    breaker = made(failures=0)
    for _ in range(100):
        breaker.note(ok=False, now=0)
    assert breaker.allows(0)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=60))
def test_it_always_lets_a_call_through_in_the_end(steps: list[tuple[bool, float]]) -> None:
    breaker, now = made(failures=1), 0.0
    for ok, passed in steps:
        now += passed
        if breaker.allows(now):
            breaker.note(ok, now)
    assert breaker.allows(now + breaker.opens_in(now))

"""What is known of an upstream from its calls."""

import time

from driftgate.proxy.health import Health


def test_it_counts_calls_and_keeps_when_the_last_ones_ended() -> None:
    health, before = Health(), time.time()
    health.note("connection refused")
    assert (health.calls, health.errors, health.last_ok_at) == (1, 1, None)
    assert health.last_error == "connection refused"
    health.note(None)
    assert (health.calls, health.errors) == (2, 1)
    assert health.last_error_at is not None
    assert health.last_ok_at is not None
    assert before <= health.last_error_at <= health.last_ok_at <= time.time()


def test_an_error_stays_known_once_calls_succeed_again() -> None:
    health = Health()
    health.note("reset")
    health.note(None)
    assert health.last_error == "reset"

"""How long a turn may take and be silent."""

from driftgate.proxy.agent.turns.clock import Clock
from driftgate.proxy.settings.codex import Codex

CODEX = Codex(model="m", turn_timeout_s=100, silence_timeout_s=30)


def why(clock: Clock, now: float) -> str | None:
    late = clock.late(now)
    return None if late is None else late.message


def test_silence_ends_a_turn() -> None:
    clock = Clock(CODEX, 1000)
    assert clock.until() == 1030
    assert why(clock, 1029) is None
    assert "silence_timeout_s" in (why(clock, 1030) or "")


def test_a_sign_of_life_allows_more_silence() -> None:
    clock = Clock(CODEX, 1000)
    clock.sign(1020)
    assert clock.until() == 1050
    assert why(clock, 1049) is None


def test_no_sign_of_life_allows_more_than_the_whole_time() -> None:
    clock = Clock(CODEX, 1000)
    clock.sign(1095)
    assert clock.until() == 1100
    assert "turn_timeout_s" in (why(clock, 1100) or "")


def test_a_late_turn_is_answered_504() -> None:
    late = Clock(CODEX, 0).late(500)
    assert late is not None
    assert (late.code, late.status) == ("turn_timeout", 504)


def test_what_has_passed_is_in_milliseconds() -> None:
    assert Clock(CODEX, 1).elapsed_ms(2.5) == 1500

"""Whose turn it is: times, rates, and one of several."""

import itertools

import pytest

from driftgate.sim.fault_turns import Faults
from driftgate.sim.faults import Fault


def test_only_the_first_times_requests_fail_then_the_next_fault_takes_its_turn() -> None:
    faults = Faults()
    header = "fault=status; times=2, fault=stall; times=1"
    taken = [faults.take(header, "/v1/responses", model_call=True) for _ in range(4)]
    assert [fault and fault.name for fault in taken] == ["status", "status", "stall", None]


def test_a_key_counts_apart() -> None:
    faults = Faults()
    for key in ("a", "b"):
        header = f"fault=status; times=1; key={key}"
        assert faults.take(header, "/x", model_call=True)
        assert faults.take(header, "/x", model_call=True) is None


def test_a_standing_fault_meets_model_calls_and_no_probes() -> None:
    faults = Faults("fault=status")
    assert faults.take(None, "/v1/responses", model_call=True)
    assert faults.take(None, "/props", model_call=False) is None


def test_a_path_narrows_or_widens_a_standing_fault() -> None:
    faults = Faults("fault=status; path=/props")
    assert faults.take(None, "/v1/responses", model_call=True) is None
    assert faults.take(None, "/props", model_call=False)


def test_setting_a_fault_again_starts_its_count_anew() -> None:
    faults = Faults("fault=status; times=1")
    assert faults.take(None, "/x", model_call=True)
    assert faults.take(None, "/x", model_call=True) is None
    faults.set("fault=status; times=1")
    assert faults.take(None, "/x", model_call=True)


def _taken(faults: Faults, number: int, header: str | None = None) -> list[Fault | None]:
    return [faults.take(header, "/v1/responses", model_call=True) for _ in range(number)]


def test_a_rate_hits_its_share_and_the_same_requests_each_time() -> None:
    hit = [bool(fault) for fault in _taken(Faults("empty; rate=0.3"), 1000)]
    assert sum(hit) == pytest.approx(300, abs=45)
    assert [bool(fault) for fault in _taken(Faults("empty; rate=0.3"), 1000)] == hit
    assert [bool(fault) for fault in _taken(Faults("empty; rate=0.3", seed=1), 1000)] != hit


def test_a_rate_works_in_a_header_too() -> None:
    taken = _taken(Faults(), 1000, "fault=empty; rate=0.5")
    assert 400 < sum(fault is not None for fault in taken) < 600


def test_a_request_that_failed_can_succeed_when_it_is_sent_again() -> None:
    taken = _taken(Faults("empty; rate=0.3"), 200)
    again = [other for fault, other in itertools.pairwise(taken) if fault]
    assert None in again


def test_one_of_several_is_drawn_each_with_its_own_parameters() -> None:
    names = "token_flood|newline_flood|empty"
    taken = [fault for fault in _taken(Faults(f"fault={names}; rate=0.5"), 300) if fault]
    assert {(fault.name, fault.count) for fault in taken} == {
        ("token_flood", 1000),
        ("newline_flood", 5000),
        ("empty", 1),
    }


def test_one_of_several_is_counted_as_one() -> None:
    taken = _taken(Faults("fault=empty|one_token; times=2"), 5)
    assert [fault is not None for fault in taken] == [True, True, False, False, False]


def test_probes_do_not_move_the_draws() -> None:
    plain, probed = Faults("empty; rate=0.5"), Faults("empty; rate=0.5")
    for _ in range(50):
        probed.take(None, "/props", model_call=False)
    assert _taken(plain, 50) == _taken(probed, 50)

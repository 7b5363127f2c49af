"""The table of faults, how they are written, and how their `times` are counted."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.sim.faults import FAULTS, Fault, FaultError, Faults, markdown, parse


def test_every_fault_of_the_table_can_be_written() -> None:
    for name, kind in FAULTS.items():
        (fault,) = parse(f"fault={name}")
        assert fault.name == name
        for parameter, default in kind.takes.items():
            assert getattr(fault, parameter.replace("-", "_")) == default


def test_a_bare_name_is_enough() -> None:
    assert parse("stall") == parse("fault=stall")
    assert parse("stall; after=5, empty") == parse("fault=stall; after=5, fault=empty")


def test_parameters_are_read() -> None:
    (fault,) = parse("fault=status; status=429; Retry-After=2; times=3; path=/v1/responses; key=a")
    assert fault == Fault(
        "status", status=429, retry_after=2, times=3, path="/v1/responses", key="a"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("fault=sloth", "no fault named 'sloth'; `driftgate sim --faults`"),
        ("fault=statuss", "did you mean status"),
        ("status=503", "no fault named ''"),
        ("sloth", "no fault named 'sloth'"),
        ("fault=stall; empty", "no parameter 'empty'"),
        ("fault=stall; speed=3", "no parameter 'speed'"),
        ("fault=stall; seconds=long", "seconds must be a number, not 'long'"),
        ("fault=stall; seconds=nan", "seconds must be between 0 and 3600"),
        ("fault=status; status=99", "status must be between 200 and 599"),
        ("fault=reset; after=-1", "after must be between 0"),
    ],
)
def test_a_mistake_is_told_in_one_line(text: str, told: str) -> None:
    with pytest.raises(FaultError, match=told) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=60) | st.from_regex(r"(fault=[a-z_]{1,9}; )?[a-z-]{1,9}=.{0,9}"))
def test_any_text_is_faults_or_a_fault_error(text: str) -> None:
    with contextlib.suppress(FaultError):
        assert all(fault.name in FAULTS for fault in parse(text))


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


def test_the_documents_name_every_fault() -> None:
    lines = markdown().splitlines()
    assert [line.split("`")[1] for line in lines[2:]] == list(FAULTS)

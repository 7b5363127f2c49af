"""How faults are written."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.sim.fault_text import FaultError, parse
from driftgate.sim.faults import FAULTS, Fault


def test_every_fault_of_the_table_can_be_written() -> None:
    for name, kind in FAULTS.items():
        (fault,) = parse(f"fault={name}")
        assert fault.name == name
        for parameter, default in kind.takes.items():
            assert getattr(fault, parameter.replace("-", "_")) == default


def test_a_bare_name_is_enough() -> None:
    assert parse("stall") == parse("fault=stall")
    assert parse("status; status=429") == parse("fault=status; status=429")
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
        ("fault=empty; rate=1.5", "rate must be between 0 and 1"),
        ("fault=empty|sloth", "no fault named 'sloth'"),
    ],
)
def test_a_mistake_is_told_in_one_line(text: str, told: str) -> None:
    with pytest.raises(FaultError, match=told) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=60) | st.from_regex(r"(fault=[a-z_]{1,9}; )?[a-z-]{1,9}=.{0,9}"))
def test_any_text_is_faults_or_a_fault_error(text: str) -> None:
    with contextlib.suppress(FaultError):
        assert all(fault.name in FAULTS or fault.one_of for fault in parse(text))


def test_several_names_are_one_fault_with_a_draw() -> None:
    (fault,) = parse("fault=empty | one_token; rate=0.3; times=4")
    assert (fault.rate, fault.times) == (0.3, 4)
    assert [each.name for each in fault.one_of] == ["empty", "one_token"]

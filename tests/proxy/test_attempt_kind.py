"""How an attempt ended: statuses, errors, and the wait that an upstream asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy import failures
from driftgate.proxy.attempt_kind import Kind, classify_answer, classify_error, retry_after
from driftgate.proxy.errors import CallError

NOW = 1_000_000_000.0  # 2001-09-09 01:46:40 UTC


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *[(status, Kind.GOOD) for status in (200, 201, 204)],
        *[(status, Kind.TRANSIENT) for status in (408, 425, 429, 502, 503, 504)],
        *[(status, Kind.REFUSED) for status in (301, 400, 401, 404, 413, 422, 500, 501)],
    ],
)
def test_a_status_says_whether_waiting_may_help(status: int, kind: Kind) -> None:
    assert classify_answer(status, [], NOW) == (kind, None)


def test_a_wait_is_read_where_waiting_may_help() -> None:
    pairs = [(b"X", b"1"), (b"retry-After", b"3"), (b"Retry-After", b"9")]
    assert classify_answer(429, pairs, NOW) == (Kind.TRANSIENT, 3)
    assert classify_answer(400, pairs, NOW) == (Kind.REFUSED, None)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"0", 0),
        (b" 120 ", 120),
        (b"Sun, 09 Sep 2001 01:47:10 GMT", 30),
        (b"Sunday, 09-Sep-01 01:47:10 GMT", 30),
        (b"Sun Sep  9 01:47:10 2001", 30),
        (b"Sun, 09 Sep 2001 01:46:00 GMT", 0),
        (b"Sun, 09 Sep 2001 03:47:10 +0200", 30),
        (b"-1", None),
        (b"1.5", None),
        (b"soon", None),
        (b"", None),
        (b"\xb2", None),
        (b"Sun, 99 Sep 2001 01:46:00 GMT", None),
        (b"9" * 5000, 999_999_999_999),
    ],
)
def test_a_wait_is_a_number_or_a_date(value: bytes, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@given(st.binary(max_size=60))
def test_no_field_raises_or_makes_a_wait_below_zero(value: bytes) -> None:
    seconds = retry_after(value, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (failures.refused("u", "http://u", ConnectionRefusedError()), Kind.TRANSIENT),
        (failures.connect_timeout("u", "http://u", 1), Kind.TRANSIENT),
        (failures.first_byte_timeout("u", "http://u", 1), Kind.TRANSIENT),
        (failures.idle_timeout("u", "http://u", 1), Kind.TRANSIENT),
        (failures.reset("u", "http://u", begun=False), Kind.TRANSIENT),
        (failures.reset("u", "http://u", begun=True), Kind.TRANSIENT),
        (failures.invalid("u", "http://u", "x"), Kind.FAILED),
        (failures.own_fault(ValueError()), Kind.FAILED),
    ],
)
def test_an_error_says_whether_waiting_may_help(error: CallError, kind: Kind) -> None:
    assert classify_error(error) is kind

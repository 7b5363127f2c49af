"""DuckDB's values as JSON and as text."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from driftgate.proxy.history.values import as_text, plain

ID = UUID("019ab3f2-7c41-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (2**100, 2**100),
        (1.5, 1.5),
        (float("nan"), None),
        (float("inf"), None),
        (Decimal("3.00"), 3),
        (Decimal("3.25"), 3.25),
        (Decimal("NaN"), None),
        (ID, str(ID)),
        (datetime(2026, 1, 2, 3, 4, 5, 6), "2026-01-02T03:04:05.000006"),  # noqa: DTZ001 - as DuckDB gives it
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (time(3, 4), "03:04:00"),
        (timedelta(hours=1), "1:00:00"),
        (b"\xff\x00", "/wA="),
        ([1, [ID]], [1, [str(ID)]]),
        ({1: Decimal("2.5")}, {"1": 2.5}),
    ],
)
def test_every_value_has_its_json(value: Any, expected: Any) -> None:
    assert plain(value) == expected


def test_null_is_an_empty_cell_and_a_list_is_json() -> None:
    assert as_text(None) == ""
    assert as_text(["a", None]) == '["a", null]'
    assert as_text(datetime(2026, 1, 2, 3, 4)) == "2026-01-02 03:04:00"  # noqa: DTZ001 - as DuckDB gives it


def test_a_cell_keeps_every_digit() -> None:
    assert as_text(Decimal("1.10")) == "1.10"
    assert as_text(0.1) == "0.1"
    assert as_text(float("nan")) == "nan"

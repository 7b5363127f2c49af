"""Strings and numbers within a schema's bounds."""

from typing import Any

import pytest

from driftgate.sim.dice import Dice
from driftgate.sim.schema_scalars import number, string


@pytest.mark.parametrize(
    ("schema", "hint", "expected"),
    [
        ({}, "seen", "seen"),
        ({"maxLength": 3}, "seen", "see"),
        ({"minLength": 9}, "seen", "seen seen"),
        ({"format": "date"}, "seen", "2026-01-15"),
        ({"pattern": "^[A-Z]{3}$"}, "seen", "ABC"),
        ({"pattern": "^seen$"}, "seen", "seen"),
        ({"pattern": "("}, "seen", "seen"),
        ({"maxLength": 0}, "seen", ""),
    ],
)
def test_a_string_keeps_its_hint_where_it_can(schema: Any, hint: str, expected: str) -> None:
    assert string(schema, hint, Dice(1), "x") == expected


@pytest.mark.parametrize(
    ("schema", "kind", "hint", "expected"),
    [
        ({}, "integer", 7, 7),
        ({"maximum": 5}, "integer", 7, 5),
        ({"minimum": 9}, "integer", "7", 9),
        ({"multipleOf": 4}, "integer", 7, 8),
        ({"exclusiveMinimum": 0, "maximum": 1}, "number", 0.5, 0.5),
        ({"exclusiveMaximum": 10}, "integer", 10, 9),
    ],
)
def test_a_number_keeps_its_hint_where_it_can(
    schema: Any, kind: str, hint: Any, expected: float
) -> None:
    assert number(schema, kind, hint, Dice(1), "x") == expected

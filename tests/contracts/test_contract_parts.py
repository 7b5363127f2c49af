"""What the tables of a contract are made of."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from driftgate.contracts.contract_parts import (
    Count,
    InlineSchema,
    ParameterName,
    Pattern,
    Seconds,
    parameter_value,
)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (Count, "12"),
        (Count, True),
        (Count, -1),
        (Count, 1.0),
        (Seconds, "1"),
        (Seconds, -1.0),
        (Pattern, "("),
        (Pattern, 3),
        (ParameterName, "temprature"),
        (InlineSchema, "name.json"),
        (InlineSchema, {"type": "strin"}),
        (InlineSchema, {"const": {1, 2}}),
    ],
)
def test_what_is_of_the_wrong_kind_is_refused(kind: Any, wrong: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(wrong)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("temperature", 1, 1),
        ("top_p", 0.5, 0.5),
        ("seed", 7, 7),
        ("stop", "a", ("a",)),
        ("stop", ["a", "b"], ("a", "b")),
        ("reasoning_effort", "low", "low"),
    ],
)
def test_a_parameter_has_its_kind(name: str, value: Any, expected: Any) -> None:
    assert parameter_value(name, value) == expected


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("temperature", "1"),
        ("temperature", True),
        ("seed", 7.5),
        ("max_tokens", None),
        ("stop", [1]),
        ("reasoning_effort", 1),
    ],
)
def test_a_parameter_of_the_wrong_kind_is_named(name: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} must be"):
        parameter_value(name, wrong)

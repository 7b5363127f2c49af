"""What is left out of a schema for a value of some type says nothing of it."""

from typing import Any

import pytest

from driftgate.contracts.schema_applicators import KEYWORDS
from driftgate.contracts.schema_plan import FALSE, Plan


def words(plan: Plan, type_: type) -> list[str]:
    """The keywords that are left for a value of this type."""
    names = {function: word for word, function in KEYWORDS.items()}
    return [names[function] for function, _ in plan.by_type[type_]]


SCHEMA: dict[str, Any] = {
    "title": "ignored",
    "type": ["string", "integer", "object"],
    "minLength": 1,
    "minimum": 0,
    "required": ["a"],
    "enum": ["a", 1],
}


@pytest.mark.parametrize(
    ("type_", "left"),
    [
        (str, ["minLength", "enum"]),
        (int, ["minimum", "enum"]),
        (float, ["type", "minimum", "enum"]),  # 1.0 is an integer, 1.5 is none
        (bool, ["type", "enum"]),
        (dict, ["required", "enum"]),
        (list, ["type", "enum"]),
    ],
)
def test_keywords_about_other_types_are_left_out(type_: type, left: list[str]) -> None:
    assert words(Plan(SCHEMA, KEYWORDS), type_) == left


def test_all_of_a_schema_counts_as_steps() -> None:
    assert Plan(SCHEMA, KEYWORDS).cost == 1 + len(SCHEMA)


def test_true_asks_for_nothing_and_false_refuses() -> None:
    assert Plan(True, KEYWORDS).all == ()
    assert Plan(False, KEYWORDS).all == ((KEYWORDS[FALSE], False),)


def test_a_closed_object_is_known_by_its_names() -> None:
    closed = {"properties": {"a": {}, "b": {}}, "required": ["a"], "additionalProperties": False}
    plan = Plan(closed, KEYWORDS)
    assert plan.names == (frozenset({"a"}), frozenset({"a", "b"}))
    assert [function for function, _ in plan.inner] == [KEYWORDS["properties"]]


@pytest.mark.parametrize(
    "schema",
    [
        {"required": ["a"]},
        {"properties": {"a": {}}, "additionalProperties": {"type": "string"}},
        {"patternProperties": {"^a": {}}, "additionalProperties": False},
    ],
)
def test_an_open_object_is_not(schema: dict[str, Any]) -> None:
    assert Plan(schema, KEYWORDS).names is None


def test_a_keyword_that_nobody_knows_is_no_keyword() -> None:
    assert Plan({"": 1, "x": 2}, KEYWORDS).all == ()

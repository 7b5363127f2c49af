"""What is left out of a schema for a value of some type says nothing of it."""

from typing import Any

import pytest

from driftgate.contracts.schema_applicators import KEYWORDS
from driftgate.contracts.schema_plan import FALSE, MOST, Plan


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


FLAT: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "string", "maxLength": 3}, "b": {"type": "integer"}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ({"a": "x", "b": 1}, True),
        ({"a": "x"}, True),
        ({"b": 1}, False),
        ({"a": "long"}, False),
        ({"a": "x", "b": "1"}, False),
        ({"a": "x", "c": 1}, False),
    ],
)
def test_a_flat_object_has_a_quick_look(value: dict[str, Any], fits: bool) -> None:
    assert Plan(FLAT, KEYWORDS).quick[dict](value) is fits


def test_others_may_be_in_an_object_that_is_not_closed() -> None:
    schema = {key: FLAT[key] for key in ("properties", "required")}
    assert Plan(schema, KEYWORDS).quick[dict]({"a": "x", "c": 1})


@pytest.mark.parametrize(
    "more",
    [
        {"properties": {"a": {"$ref": "#"}}},
        {"properties": {"a": {"type": "object", "properties": {"b": {}}}}},
        {"properties": {"a": False}},
        {"additionalProperties": {"type": "string"}},
        {"patternProperties": {"^c": {}}},
        {"minProperties": 1},
        {"type": "array"},
        {"properties": {f"p{number}": {} for number in range(MOST + 1)}},
    ],
)
def test_an_object_that_takes_more_has_none(more: dict[str, Any]) -> None:
    assert dict not in Plan(FLAT | more, KEYWORDS).quick


def test_a_quick_look_counts_a_flat_object_by_its_members() -> None:
    plan = Plan(FLAT, KEYWORDS)
    assert plan.looked({"a": "x", "b": 1}) - plan.looked({"a": "x"}) == plan.each == 2

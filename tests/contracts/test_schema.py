"""JSON Schema, judged within limits."""

import json
from contextlib import suppress
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from driftgate.contracts.schema import OutOfSteps, SchemaError, SchemaProblem, schema_of

RUNS_AWAY = r"^(a|a|aa)+$"


def errors(schema: Any, value: Any) -> list[SchemaError]:
    return schema_of(json.dumps(schema)).errors(value)


def told(schema: Any, value: Any) -> list[str]:
    return [f"{error.path}: {error.reason}" for error in errors(schema, value)]


def problem(text: str) -> str:
    with pytest.raises(SchemaProblem) as caught:
        schema_of(text)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_a_schema_is_kept_by_its_text() -> None:
    assert schema_of('{"type":"string"}') is schema_of('{"type":"string"}')


def test_a_problem_is_told_anew_each_time() -> None:
    assert problem('{"type":"strin"}') == problem('{"type":"strin"}')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "is no JSON"),
        ('{"type":"strin"}', "type: 'strin' is not one of"),
        ('{"properties":{"x":{"minLength":-1}}}', "properties/x/minLength: must be 0 or more"),
        ('{"properties":{"x":{"pattern":"("}}}', "properties/x/pattern: the pattern '('"),
        ('{"patternProperties":{"a/(":{}}}', "patternProperties/a~1(: the pattern"),
        ('{"$ref":"https://example.com/x"}', "$ref: 'https://example.com/x' leads to the network"),
        ('{"items":{"$ref":"other.json"}}', "items/$ref: 'other.json' leads to another file"),
        ('{"$ref":"file:///etc/passwd"}', "$ref: 'file:///etc/passwd' leads to another file"),
        ('{"$ref":"#/$defs/x"}', "$ref: '#/$defs/x' names nothing"),
        ('{"$ref":"#/x","x":3}', "$ref: '#/x' names no schema"),
        ('{"$ref":"#/x","x":{"type":3}}', "$ref/type: 3 is not one of"),
        ("3", "must be an object, true or false"),
        ("[" * 70 + "]" * 70, "is nested deeper than 64 levels"),
        ("[" * 100_000, "is nested deeper than 64 levels"),
        (json.dumps({"description": "x" * 1_000_000}), "is longer than 1,000,000 characters"),
    ],
)
def test_a_schema_that_cannot_be_used_says_where_and_why(text: str, expected: str) -> None:
    line = problem(text)
    assert expected in line


def test_a_reference_that_is_data_is_no_reference() -> None:
    assert told({"const": {"$ref": "https://example.com"}}, {"$ref": "https://example.com"}) == []
    assert told({"properties": {"$ref": {"type": "string"}}}, {"$ref": "x"}) == []


OBJECT = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 1},
        "n": {"type": "number"},
        "color": {"enum": ["red", "green"]},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    },
    "required": ["title"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"title": "x", "n": 1, "color": "red", "tags": ["a"]}, []),
        ({}, [": 'title' is missing"]),
        ({"title": ""}, ["title: must not be empty"]),
        ({"title": "x", "n": "seven"}, ["n: must be a number, is the text 'seven'"]),
        ({"title": "x", "color": "blue"}, ["color: 'blue' is not one of 'red', 'green'"]),
        ({"title": "x", "tags": ["a", 3]}, ["tags/1: must be a text, is the number 3"]),
        ({"title": "x", "tags": ["a", "b", "a"]}, ["tags: items 0 and 2 are the same: 'a'"]),
        (
            {"title": "x", "z": 1},
            [": 'z' is not allowed; allowed: 'title', 'n', 'color', 'tags'"],
        ),
        ([], [": must be an object, is a list of 0 items"]),
    ],
)
def test_reasons_are_for_people(value: Any, expected: list[str]) -> None:
    assert told(OBJECT, value) == expected


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"const": 3}, 4, ": must be 3, is the number 4"),
        ({"minimum": 3}, 2, ": must be 3 or more, is 2"),
        ({"maximum": 3}, 4, ": must be at most 3, is 4"),
        ({"exclusiveMinimum": 3}, 3, ": must be above 3, is 3"),
        ({"exclusiveMaximum": 3}, 3, ": must be below 3, is 3"),
        ({"multipleOf": 0.1}, 0.35, ": must be a multiple of 0.1, is 0.35"),
        ({"minLength": 3}, "ab", ": needs 3 characters or more, has 2"),
        ({"maxLength": 1}, "ab", ": may have at most 1 character, has 2"),
        ({"pattern": "^b"}, "ab", ": 'ab' does not match ^b"),
        ({"minItems": 2}, [1], ": needs 2 items or more, has 1"),
        ({"maxItems": 1}, [1, 2], ": may have at most 1 item, has 2"),
        ({"minProperties": 1}, {}, ": needs 1 property or more, has 0"),
        ({"maxProperties": 0}, {"a": 1}, ": may have at most 0 properties, has 1"),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, ": 'b' is missing; 'a' needs it"),
        ({"propertyNames": {"maxLength": 1}}, {"ab": 1}, ": the name 'ab' is not allowed"),
        ({"items": False}, [1], ": may have at most 0 items, has 1"),
        ({"contains": {"type": "null"}}, [1], ": needs 1 item or more of the form"),
        ({"contains": {}, "maxContains": 1}, [1, 2], ": may have at most 1 item of the form"),
        ({"not": {"type": "string"}}, "x", ": 'x' has the form that is not allowed"),
        ({"properties": {"a": False}}, {"a": 1}, "a: nothing is allowed here"),
        ({"type": ["string", "null"]}, 3, ": must be a text or null, is the number 3"),
        ({"oneOf": [{"minimum": 1}, {"minimum": 2}]}, 3, ": fits 2 of 2 forms, must fit exactly"),
        ({"if": {"minimum": 5}, "then": {"maximum": 9}}, 10, ": must be at most 9, is 10"),
        ({"unevaluatedProperties": False}, {"a": 1}, ": 'a' is not allowed"),
        ({"unevaluatedItems": False}, [1], "0: is one item too many"),
    ],
)
def test_each_keyword_has_its_reason(schema: Any, value: Any, expected: str) -> None:
    (line,) = told(schema, value)
    assert line.startswith(expected)


def test_of_several_forms_the_nearest_is_told() -> None:
    forms = {
        "anyOf": [
            {"properties": {"type": {"const": "a"}, "x": {"type": "string"}}, "required": ["x"]},
            {"properties": {"type": {"const": "b"}, "y": {"type": "string"}}, "required": ["y"]},
        ]
    }
    assert told(forms, {"type": "b"}) == [": 'y' is missing"]
    optional = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert told(optional, 7) == [": must be a text or null, is the number 7"]
    fixed = {"oneOf": [{"const": "a"}, {"const": "b"}]}
    assert told(fixed, "c") == [": 'c' is not one of 'a', 'b'"]
    nullable = {"anyOf": [{"enum": ["a"]}, {"type": "null"}]}
    assert told(nullable, "c") == [": 'c' is not one of 'a'"]


def test_paths_are_json_pointers() -> None:
    schema = {"additionalProperties": {"items": {"type": "string"}}}
    assert [error.path for error in errors(schema, {"a/b~": ["x", 1]})] == ["a~1b~0/1"]


def test_at_most_twenty_errors_are_kept() -> None:
    assert len(errors({"items": {"type": "string"}}, list(range(1000)))) == 20


def test_decimal_multiples_are_exact() -> None:
    assert errors({"multipleOf": 0.1}, 0.3) == []
    assert errors({"multipleOf": 0.5}, 1e308) == []
    assert errors({"multipleOf": 0.5}, float("inf")) != []


def test_whatever_calls_itself_an_older_draft_is_judged_within_the_same_limits() -> None:
    old = "http://json-schema.org/draft-07/schema#"
    schema = {"items": {"$schema": old, "pattern": RUNS_AWAY}}
    with pytest.raises(OutOfSteps):
        errors(schema, ["a" * 50 + "b"])


COSTLY: list[tuple[str, Any, Any]] = [
    ("a reference to itself", {"$ref": "#"}, 1),
    ("references that multiply", None, 1),
    ("a pattern that runs away", {"items": {"pattern": RUNS_AWAY}}, ["a" * 50 + "b"] * 100),
    (
        "many forms for many items",
        {"items": {"anyOf": [{"required": [f"a{n}"]} for n in range(500)]}},
        [{}] * 10_000,
    ),
    ("a long enum", {"items": {"enum": [[n] for n in range(10_000)]}}, [[1]] * 10_000),
    ("fine numbers", {"items": {"multipleOf": 1e-300}}, [1e300 + n for n in range(100_000)]),
]


@pytest.mark.parametrize(
    ("schema", "value"), [row[1:] for row in COSTLY], ids=[row[0] for row in COSTLY]
)
def test_a_costly_judging_ends_early(schema: Any, value: Any) -> None:
    if schema is None:
        parts: dict[str, Any] = {
            f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 10} for n in range(20)
        }
        schema = {"$ref": "#/$defs/a0", "$defs": {**parts, "a20": {}}}
    began = perf_counter()
    with pytest.raises(OutOfSteps):
        errors(schema, value)
    assert perf_counter() - began < 5


def test_large_lists_are_unique_in_one_look() -> None:
    assert errors({"uniqueItems": True}, list(range(100_000))) == []
    assert errors({"uniqueItems": True}, [1, True, 0, False, "1", [1], [True]]) == []


def test_a_deep_value_ends_early() -> None:
    value: Any = []
    for _ in range(5000):
        value = [value]
    with pytest.raises(OutOfSteps):
        errors({"items": {"$ref": "#"}}, value)
    with pytest.raises(OutOfSteps):
        errors({"const": 1}, value)


def test_steps_are_alike_each_time() -> None:
    schema = schema_of(json.dumps(OBJECT))
    value = {"title": 3, "n": "x", "z": None}
    assert schema.errors(value) == schema.errors(value)


NAMES = st.sampled_from(["a", "b", "c"])
SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 4) | st.sampled_from([0.5, 1.0, "", "a", "ab"])
)
INSTANCES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from(["string", "number", "integer", "boolean", "null", "array", "object"])
LEAVES = st.one_of(
    st.booleans(),
    st.just({}),
    st.fixed_dictionaries({"type": KINDS}),
    st.fixed_dictionaries({"enum": st.lists(INSTANCES, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"const": INSTANCES}),
    st.fixed_dictionaries({"minimum": st.integers(-1, 2), "exclusiveMaximum": st.integers(0, 3)}),
    st.fixed_dictionaries({"multipleOf": st.sampled_from([0.5, 1, 2])}),
    st.fixed_dictionaries({"minLength": st.integers(0, 2), "maxLength": st.integers(0, 2)}),
    st.fixed_dictionaries({"pattern": st.sampled_from(["a", "^b", "", "b$"])}),
    st.fixed_dictionaries({"required": st.lists(NAMES, unique=True, max_size=2)}),
    st.fixed_dictionaries({"uniqueItems": st.booleans(), "maxItems": st.integers(0, 3)}),
    st.fixed_dictionaries({"dependentRequired": st.dictionaries(NAMES, st.just(["a"]))}),
    st.just({"$ref": "#/$defs/text"}),
)


def _nested(below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(below, min_size=1, max_size=3)
    named = st.dictionaries(NAMES, below, max_size=2)
    optional = {
        **dict.fromkeys(("items", "contains", "additionalProperties", "not", "if"), below),
        **dict.fromkeys(("then", "else", "propertyNames"), below),
        **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties"), below),
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), some),
        **dict.fromkeys(("properties", "dependentSchemas"), named),
        "patternProperties": st.dictionaries(st.sampled_from(["a", "[bc]"]), below, max_size=2),
        "minContains": st.integers(0, 2),
        "type": KINDS,
    }
    return st.sets(st.sampled_from(sorted(optional)), min_size=1, max_size=4).flatmap(
        lambda keys: st.fixed_dictionaries({key: optional[key] for key in sorted(keys)})
    )


SCHEMAS = st.recursive(LEAVES, _nested, max_leaves=8)


@settings(max_examples=300, deadline=None)
@given(SCHEMAS, INSTANCES)
def test_what_fits_is_what_fits_for_jsonschema(schema: Any, value: Any) -> None:
    whole = {"$defs": {"text": {"type": "string"}}, "allOf": [schema]}
    expected = Draft202012Validator(whole).is_valid(value)
    assert (errors(whole, value) == []) is expected


JSON = st.recursive(
    SCALARS | st.text(),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("$ref", "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$defs"),
                    *("properties", "items", "pattern", "type", "anyOf", "enum", "required", "if"),
                    *("unevaluatedProperties", "patternProperties", "$schema", "definitions"),
                ]
            )
            | st.text(max_size=3),
            below | st.sampled_from(["#", "#/a", "#x", "http://[", "x:y", "#/%", "//", "("]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(JSON, JSON)
def test_any_json_is_a_schema_or_a_problem(schema: Any, value: Any) -> None:
    try:
        found = errors(schema, value)
    except (SchemaProblem, OutOfSteps):
        return
    assert len(found) <= 20


@given(st.text())
def test_any_text_is_a_schema_or_a_problem(text: str) -> None:
    with suppress(SchemaProblem):
        schema_of(text)

"""Instances made for a JSON Schema satisfy it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from driftgate.sim.ask import SimError
from driftgate.sim.dice import Dice
from driftgate.sim.schema_instance import satisfying

_RANGES = st.tuples(st.integers(-50, 50), st.integers(0, 40))
_SCALARS = st.one_of(
    st.sampled_from(({"type": "boolean"}, {"type": "null"}, {"type": ["string", "null"]}, True)),
    st.builds(lambda v: {"const": v}, st.integers() | st.text()),
    st.builds(lambda v: {"enum": v}, st.lists(st.text(max_size=5), min_size=1, unique=True)),
    st.builds(lambda r: {"type": "string", "minLength": r, "maxLength": r + 2}, st.integers(0, 99)),
    st.builds(lambda r: {"type": "integer", "minimum": r[0], "maximum": sum(r)}, _RANGES),
    st.builds(
        lambda r: {"type": "number", "exclusiveMinimum": r[0], "maximum": sum(r) + 1}, _RANGES
    ),
    st.builds(lambda m: {"type": "integer", "multipleOf": m, "minimum": m}, st.integers(1, 9)),
)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": "object", "properties": properties}
    return {**shape, "required": list(properties), "additionalProperties": False}


_SCHEMAS = st.recursive(
    _SCALARS,
    lambda inner: (
        st.builds(_object, st.dictionaries(st.sampled_from("abcde"), inner, max_size=4))
        | st.builds(
            lambda s, n, m: {"type": "array", "items": s, "minItems": n, "maxItems": n + m},
            inner,
            st.integers(0, 4),
            st.integers(0, 3),
        )
        | st.builds(lambda o: {"anyOf": o}, st.lists(inner, min_size=1, max_size=3))
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(_SCHEMAS, st.booleans(), st.integers(0, 5))
def test_an_instance_satisfies_its_schema(schema: Any, cold: bool, seed: int) -> None:
    made = satisfying(schema, {}, Dice(seed, cold=cold))
    assert Draft202012Validator(schema).is_valid(made)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/node", "$defs": {"node": {
            "type": "object",
            "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
            "required": ["next"],
        }}},
        {"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "integer"}}}]},
        {"type": "array", "prefixItems": [{"type": "string"}, {"const": 3}], "items": False},
        {"oneOf": [{"type": "integer", "minimum": 5}, {"type": "string"}]},
        {"type": "string", "format": "date-time"},
        {"type": "string", "pattern": "^[A-Z]{3}$"},
        {"type": "number", "minimum": 0, "maximum": 1},
        {"required": ["x"]},
        {},
        True,
    ],
)  # fmt: skip
def test_the_parts_of_json_schema_that_people_use_are_satisfied(schema: Any) -> None:
    made = satisfying(schema, {}, Dice(1))
    assert Draft202012Validator(schema).is_valid(made)


def test_known_values_are_used_where_they_fit() -> None:
    schema = _object({"city": {"type": "string"}, "amount": {"type": "integer", "maximum": 9}})
    assert satisfying(schema, {"city": "Rome", "amount": 63}, Dice(1)) == {
        "city": "Rome",
        "amount": 9,
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nothing"},
        False,
        {"type": "string", "pattern": "^(?=x)y$"},
        {"not": {}},
        {"$ref": "#/nowhere"},
        {"$ref": "https://example.com/schema"},
    ],
)
def test_what_cannot_be_satisfied_is_refused(schema: Any) -> None:
    with pytest.raises(SimError) as caught:
        satisfying(schema, {}, Dice(1))
    assert caught.value.status == 400

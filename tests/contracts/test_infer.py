"""A schema from recorded answers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.infer import DRAFT, infer
from driftgate.contracts.json_values import canonical
from driftgate.contracts.schema import schema_of


def inferred(*values: Any, rare: float = 0.05) -> dict[str, Any]:
    schema = infer(values, rare=rare).schema
    assert schema.pop("$schema") == DRAFT
    return schema


@pytest.mark.parametrize(
    ("values", "schema"),
    [
        (["a", "b"], {"type": "string"}),
        ([1, 2.0], {"type": "integer"}),
        ([1, 2.5], {"type": "number"}),
        ([1, None], {"type": ["integer", "null"]}),
        ([True, "a"], {"type": ["boolean", "string"]}),
        ([[]], {"type": "array"}),
        ([[1], ["a"]], {"type": "array", "items": {"type": ["integer", "string"]}}),
        ([{}], {"type": "object", "properties": {}}),
        ([], {}),
    ],
)
def test_kinds_are_as_seen(values: list[Any], schema: dict[str, Any]) -> None:
    assert inferred(*values) == schema


def test_what_every_object_has_is_required() -> None:
    schema = inferred({"a": 1, "b": 2}, {"a": 1}, {"a": None, "c": {"d": 1}})
    assert schema["required"] == ["a"]
    assert list(schema["properties"]) == ["a", "b", "c"]
    assert schema["properties"]["a"] == {"type": ["integer", "null"]}
    assert schema["properties"]["c"]["required"] == ["d"]
    assert "additionalProperties" not in schema


def test_items_of_all_arrays_are_merged() -> None:
    schema = inferred({"rows": [{"n": 1}]}, {"rows": [{"n": 2, "m": "x"}, {"n": 3}]})
    items = schema["properties"]["rows"]["items"]
    assert (items["required"], list(items["properties"])) == (["n"], ["n", "m"])


def test_few_strings_seen_often_are_an_enum() -> None:
    assert inferred(*["yes", "no"] * 10)["enum"] == ["no", "yes"]
    assert inferred(*["yes", "no"] * 10, None, None)["enum"] == ["no", "yes", None]


@pytest.mark.parametrize(
    "values",
    [
        ["yes", "no"] * 9,  # too few
        ["yes"] * 30 + ["maybe"],  # one of them but once
        [f"word {n % 11}" for n in range(99)],  # too many
        ["yes", "x" * 61] * 20,  # prose
        ["yes", 1] * 20,
    ],
)
def test_otherwise_strings_are_strings(values: list[Any]) -> None:
    assert "enum" not in inferred(*values)


def test_an_object_is_closed_when_it_was_seen_often_and_has_no_tail_of_names() -> None:
    assert inferred(*[{"a": 1}] * 20)["additionalProperties"] is False
    assert "additionalProperties" not in inferred(*[{"a": 1}] * 19)
    tail = [{"a": 1, f"n{n}": 1} for n in range(40)]
    assert "additionalProperties" not in inferred(*tail, rare=0)


def test_rare_shapes_are_left_out_and_told() -> None:
    values = [{"a": 1, "b": "x"}] * 97 + [{"a": "?", "b": "x"}, {"a": 1}, []]
    found = infer(values)
    assert (found.fits, found.total) == (97, 100)
    assert sorted(found.left_out) == [
        "1 answer: a is of kind string",
        "1 answer: the whole is of kind array",
        "1 answer: the whole without b",
    ]
    assert found.schema["required"] == ["a", "b"]


def test_what_is_left_out_stays_under_the_share() -> None:
    values: list[Any] = (
        [{"a": 1}] * 90 + [{"a": f"{n}"} for n in range(3)] + [{"a": None}] * 3 + [[]] * 4
    )
    found = infer(values)
    assert len(found.left_out) == 1
    assert found.fits >= 96


def test_a_common_shape_is_never_left_out() -> None:
    assert infer([{"a": 1}] * 9 + [{"a": "x"}]).fits == 10


def test_integers_among_numbers_are_not_rare() -> None:
    found = infer([0.5] * 99 + [1])
    assert (found.fits, found.left_out) == (100, ())


def test_answers_of_great_depth_and_width_are_described_in_part() -> None:
    deep: Any = 1
    for _ in range(40):
        deep = {"a": [deep]}
    wide = {str(n): n for n in range(5000)}
    found = infer([deep, wide])
    assert len(canonical(found.schema)) < 100_000
    assert found.fits == 2


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
LIKE = st.fixed_dictionaries(
    {"label": st.sampled_from(["a", "b"])}, optional={"n": st.integers(), "items": VALUES}
)


@given(st.lists(VALUES, max_size=30) | st.lists(LIKE, max_size=60))
def test_every_value_fits_when_nothing_is_left_out(values: list[Any]) -> None:
    found = infer(values, rare=0)
    judge = schema_of(canonical(found.schema))
    assert [judge.errors(value) for value in values] == [[] for _ in values]
    assert (found.fits, found.left_out) == (len(values), ())


@given(st.lists(VALUES | LIKE, min_size=21, max_size=40))
def test_nearly_all_fit_when_rare_shapes_are_left_out(values: list[Any]) -> None:
    found = infer(values)
    assert found.total - found.fits < 0.05 * len(values)

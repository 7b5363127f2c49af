"""JSON values, told and compared."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.json_values import (
    SHOWN,
    canonical,
    content_hash,
    counted,
    cut,
    depth_within,
    kind,
    named,
    number,
    plain,
    shown,
    size,
)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda below: st.lists(below) | st.dictionaries(st.text(), below), max_leaves=20
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("seven", "the text 'seven'"),
        (7, "the number 7"),
        (0.5, "the number 0.5"),
        (True, "true"),
        (None, "null"),
        ([1], "a list of 1 item"),
        ({"a": 1, "b": 2}, "an object with 2 properties"),
    ],
)
def test_a_value_reads_well_in_a_sentence(value: object, expected: str) -> None:
    assert named(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_000_000.0, "1000000"),
        (9_000_000, "9000000"),
        (0.1, "0.1"),
        (1.23456789, "1.23456789"),
        (-2.0, "-2"),
        (1e300, "1e+300"),
        (10**30, "a very large number"),
        (float("inf"), "inf"),
    ],
)
def test_a_number_is_told_in_full(value: float, expected: str) -> None:
    assert number(value) == expected


def test_a_number_of_many_digits_is_not_written_out() -> None:
    assert named(10**5000) == "a very large number"


def test_a_long_text_is_cut() -> None:
    assert cut("x" * SHOWN) == "x" * SHOWN
    assert shown("x" * 1000) == f"'{'x' * (SHOWN - 3)}...'"


def test_whole_floats_are_integers_and_booleans_are_not() -> None:
    values: list[Any] = [1, 1.0, 1.5, True, None, "", [], {}]
    kinds = [kind(value) for value in values]
    assert kinds == [
        *("integer", "integer", "number", "boolean"),
        *("null", "string", "array", "object"),
    ]


def test_equal_values_have_equal_stand_ins() -> None:
    assert plain({"a": 1, "b": [1]}) == plain({"b": [1.0], "a": 1.0})
    assert plain([1]) != plain([True])
    assert plain(0) != plain(False)
    assert plain([1, 2]) != plain([2, 1])
    assert plain({}) != plain([])


def test_counts_have_their_plural() -> None:
    assert [counted(n, "property") for n in (1, 2)] == ["1 property", "2 properties"]
    assert counted(0, "item") == "0 items"


def test_depth_and_size_are_counted() -> None:
    assert depth_within([[1]], 2)
    assert not depth_within([[[1]]], 2)
    assert depth_within(1, 0)
    assert size({"a": [1, 2], "b": 3}) == 5


@given(VALUES)
def test_every_value_can_be_shown_counted_and_compared(value: object) -> None:
    assert len(shown(value)) <= SHOWN + 2
    assert shown(value).count("\n") <= str(value).count("\n")
    assert size(value) >= 1
    assert hash(plain(value)) == hash(plain(json.loads(json.dumps(value))))


@given(st.dictionaries(st.text(), SCALARS))
def test_the_order_of_keys_does_not_change_the_hash(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical(value) == canonical(turned)
    assert content_hash(value) == content_hash(turned)


def test_the_hash_is_an_id_and_survives_lone_surrogates() -> None:
    assert len(content_hash("\ud800")) == 36
    assert content_hash(1) != content_hash("1")

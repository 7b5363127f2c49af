"""The JSON in an answer is found where it is, whatever the text."""

import json
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.output import Found, expects_json, find_json, schema_for
from tests.contracts.exchanges import asked, contract

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
WAYS = ("whole", "fenced", "first", "any", "none")


@given(VALUES, st.sampled_from(["", " ", "\n\t", "\r\n"]))
def test_any_value_is_found_whole_with_white_space_around_it(value: Any, around: str) -> None:
    text = around + json.dumps(value) + around
    found = find_json(text, "whole")
    assert found is not None
    assert found.value == value
    assert text[found.start : found.end] == found.text == json.dumps(value)


@given(st.lists(VALUES, min_size=1) | st.dictionaries(st.text(), VALUES))
def test_an_object_or_array_is_found_first_among_prose(value: Any) -> None:
    text = f"Sure, here it is: {json.dumps(value)} - anything else?"
    found = find_json(text, "first")
    assert found is not None
    assert found.value == value
    assert text[found.start : found.end] == found.text


@given(VALUES, st.sampled_from(["json", "", "JSON", " json "]))
def test_any_value_is_found_in_a_fenced_block(value: Any, label: str) -> None:
    text = f"Here:\n\n```{label}\n{json.dumps(value, indent=1)}\n```\nDone."
    found = find_json(text, "fenced")
    assert found is not None
    assert found.value == value
    assert text[found.start : found.end] == found.text


@given(st.text(alphabet='{}[]",:`\n \\0a-eE+.jsonNI') | st.text())
def test_no_text_raises_and_what_is_found_is_where_it_says(text: str) -> None:
    for where in WAYS:
        found = find_json(text, where)
        assert found is None or text[found.start : found.end] == found.text


@pytest.mark.parametrize(
    "text",
    ["", "  ", "{", '{"a": NaN}', "[Infinity]", "-Infinity", "{'a': 1}", '{"a": 1} x', "nul"],
)
def test_what_is_not_json_is_not_found_whole(text: str) -> None:
    assert find_json(text, "whole") is None


@pytest.mark.parametrize(
    ("text", "where", "value"),
    [
        ("{broken} then [1, 2] and {}", "first", [1, 2]),
        ("```python\nprint({})\n```\n```json\n[3]\n```", "fenced", [3]),
        ('```json\n{"code": "```"}\n```', "fenced", {"code": "```"}),
        ("Text before\n```\n[1]\n```", "any", [1]),
        ("[0] prose", "any", [0]),
        ('"just a string"', "any", "just a string"),
    ],
)
def test_the_place_decides_what_is_found(text: str, where: str, value: Any) -> None:
    found = find_json(text, where)
    assert found is not None
    assert found.value == value


@pytest.mark.parametrize(
    ("text", "where"),
    [("[1] prose", "whole"), ("[1]", "fenced"), ("no json", "first"), ("[1]", "none")],
)
def test_what_stands_elsewhere_is_not_found(text: str, where: str) -> None:
    assert find_json(text, where) is None


def test_an_integer_of_ten_thousand_digits_is_a_number() -> None:
    found = find_json('{"n": ' + "9" * 10_000 + "}", "whole")
    assert isinstance(found, Found)
    assert found.value == {"n": float("inf")}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"a":' * 100_000,
        '["' + "x" * 1_000_000 + "[" * 5_000,
        "[" * 100 + "1," * 500_000,
        ('["' + "x" * 1_000) * 1_000,
        "```" + " " * 300_000,
        "```\n" * 100_000,
    ],
    ids=["deep", "deep objects", "open string", "unclosed", "many strings", "spaces", "fences"],
)
def test_hostile_texts_cost_little(text: str) -> None:
    began = perf_counter()
    assert find_json(text, "any") is None
    assert perf_counter() - began < 3


SCHEMA = {"type": "object", "required": ["a"]}


def test_json_is_expected_by_the_contract_or_by_the_request() -> None:
    free, strict = contract(), contract(output={"schema": SCHEMA})
    assert not expects_json(asked(), None)
    assert not expects_json(asked(response_format="text"), free)
    assert expects_json(asked(response_format="json_object"), None)
    assert expects_json(asked(response_schema="{}"), free)
    assert expects_json(asked(), strict)
    assert expects_json(asked(), contract(output={"json": "first"}))


def test_the_contracts_schema_comes_before_the_requests() -> None:
    request = asked(response_schema='{"type":"array"}')
    for written, value, fits in (
        (contract(output={"schema": SCHEMA}), {"a": 1}, True),
        (contract(output={"schema": SCHEMA}), [], False),
        (contract(), [], True),
        (None, {"a": 1}, False),
    ):
        schema = schema_for(request, written)
        assert schema is not None
        assert (schema.errors(value) == []) == fits


def test_a_schema_that_cannot_be_used_is_none() -> None:
    assert schema_for(asked(response_schema='{"type": 7}'), None) is None
    assert schema_for(asked(), None) is None

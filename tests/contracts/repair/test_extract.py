"""JSON taken out of prose."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.repair.extract import extract_json
from driftgate.contracts.repair.strict import is_json


def has_name(value: Any) -> bool:
    return isinstance(value, dict) and "name" in value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('Sure!\n```json\n{"a": 1}\n```\nBye', '{"a": 1}'),
        ('```\n{"a": 1}\n```', '{"a": 1}'),
        ('Sure: {"a": 1}. Bye', '{"a": 1}'),
        ('```json\n{"a": 1}\n', '{"a": 1}'),
        ('See [1]: {"a": {"b": []}}', '{"a": {"b": []}}'),
        ('First {"a": 1}, no: {"a": 2}', '{"a": 2}'),
        ('not {this} but {"a": 1}', '{"a": 1}'),
        ("the list is [1, 2]", "[1, 2]"),
        ('{a:<|"|>x<|"|>,n:[1]}', '{"a":"x","n":[1]}'),  # Gemma's own quotation marks
    ],
)
def test_exactly_the_json_remains(text: str, found: str) -> None:
    assert extract_json(text, None) == found


@pytest.mark.parametrize(
    "text", ["", "no JSON", "{}", '{"a": 1}', "an empty {} or []", '{"a": 1', "{x}", "NaN [NaN]"]
)
def test_where_there_is_none_or_nothing_else_the_text_stays(text: str) -> None:
    assert extract_json(text, None) is None


def test_of_several_the_one_that_fits_is_taken() -> None:
    text = 'An example: {"x": 1}. The answer:\n{"name": "Ada"}\nand {"y": 2}'
    assert extract_json(text, has_name) == '{"name": "Ada"}'
    assert extract_json('```\n{"x": 1}\n```\nor {"name": 1}', has_name) == '{"name": 1}'


def test_what_does_not_fit_is_not_taken() -> None:
    assert extract_json('The answer: {"nam": "Ada"}', has_name) is None


@pytest.mark.parametrize(
    "text", ["[" * 900_000, '{"a":' * 180_000, '["' * 450_000, '[{"a": "x' * 100_000]
)
def test_a_hostile_text_costs_little(text: str) -> None:
    assert extract_json(f"x {text}", None) is None


@given(st.text(st.sampled_from('{}[]",: \n`a1')))
def test_what_is_taken_is_json(text: str) -> None:
    found = extract_json(text, None)
    assert found is None or (is_json(found) and extract_json(found, None) is None)

"""Quick looks: what they say yes to, the judging proper says yes to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from driftgate.contracts.patterns import TAME_LIMIT
from driftgate.contracts.schema_quick import quick_check, quick_object

LENGTHS = st.integers(0, 8)
KEYWORDS = st.fixed_dictionaries(
    {},
    optional={
        "minLength": LENGTHS,
        "maxLength": LENGTHS,
        "pattern": st.sampled_from(["^a", "[0-9]+$", "b", "^(a|b)*$"]),
        "enum": st.lists(st.sampled_from(["a", "b", "aaa", 1, None]), min_size=1),
        "minimum": st.integers(-3, 3),
        "maximum": st.floats(-3, 3),
        "multipleOf": st.just(2),
    },
)
VALUES = st.one_of(st.text("ab0", max_size=9), st.integers(-4, 4), st.floats(-4, 4))
TEXT_ONLY = frozenset({"minLength", "maxLength", "pattern"})
OF_TEXT = TEXT_ONLY | {"enum"}


@given(KEYWORDS, VALUES)
def test_a_yes_is_never_wrong(keywords: dict[str, Any], value: Any) -> None:
    about = OF_TEXT if isinstance(value, str) else keywords.keys() - TEXT_ONLY
    said = {word: wanted for word, wanted in keywords.items() if word in about}
    quick = quick_check(said, type(value))
    if quick is not None and quick(value):
        assert Draft202012Validator(said).is_valid(value)


@pytest.mark.parametrize(
    ("keywords", "good", "bad"),
    [
        ({"minLength": 2}, "ab", "a"),
        ({"maxLength": 1}, "a", "ab"),
        ({"enum": ["a", "b"]}, "b", "c"),
        ({"pattern": "^a[0-9]+$"}, "a12", "b12"),
        ({"pattern": "^a", "maxLength": 2}, "ab", "abc"),
        ({"minimum": 1}, 1, 0),
        ({"maximum": 1}, 1.0, 1.5),
        ({"minimum": 0, "maximum": 2}, 1, 3),
    ],
)
def test_the_usual_keywords_have_a_quick_look(keywords: Any, good: Any, bad: Any) -> None:
    quick = quick_check(keywords, type(good))
    assert quick is not None
    assert quick(good)
    assert not quick(bad)


def test_without_keywords_anything_is_right() -> None:
    quick = quick_check({}, dict)
    assert quick is not None
    assert quick({"a": 1})


@pytest.mark.parametrize(
    ("keywords", "type_"),
    [
        ({"pattern": "(a+)+$"}, str),  # may run away, so that it needs its limit on time
        ({"enum": ["a"], "minLength": 1}, str),
        ({"minimum": 1, "multipleOf": 2}, int),
        ({"required": ["a"]}, dict),
    ],
)
def test_what_takes_more_has_none(keywords: Any, type_: type) -> None:
    assert quick_check(keywords, type_) is None


def test_a_long_text_is_left_to_the_search_with_a_limit() -> None:
    quick = quick_check({"pattern": "a"}, str)
    assert quick is not None
    assert quick("a" * TAME_LIMIT)
    assert not quick("a" * (TAME_LIMIT + 1))


OBJECTS = st.dictionaries(st.sampled_from("abc"), VALUES)


@given(st.dictionaries(st.sampled_from("ab"), KEYWORDS), st.sets(st.sampled_from("abc")), OBJECTS)
def test_a_yes_to_an_object_is_never_wrong(
    members: dict[str, Any], needed: set[str], value: dict[str, Any]
) -> None:
    for closed in (True, False):
        looks = {
            name: {type_: quick for type_, quick in _looks(keywords) if quick is not None}
            for name, keywords in members.items()
        }
        if quick_object(frozenset(needed), looks, closed=closed)(value):
            schema = {
                "properties": members,
                "required": sorted(needed),
                "additionalProperties": not closed,
            }
            assert Draft202012Validator(schema).is_valid(value)


def _looks(keywords: dict[str, Any]) -> list[tuple[type, Any]]:
    of_numbers = {word: wanted for word, wanted in keywords.items() if word not in TEXT_ONLY}
    of_text = {word: wanted for word, wanted in keywords.items() if word in OF_TEXT}
    both = [(type_, quick_check(of_numbers, type_)) for type_ in (int, float)]
    return [(str, quick_check(of_text, str)), *both]

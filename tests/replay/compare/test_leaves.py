"""JSON by its leaves: structure, values, and the pointers that a reason names."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given

from driftgate.replay.compare import leaves
from driftgate.replay.compare.leaves import difference, leaves_of
from tests.replay.compare.answers import json_values


def between(one: Any, other: Any) -> leaves.Difference:
    return difference(leaves_of(one), leaves_of(other))


def test_leaves_stand_under_their_pointers_in_order() -> None:
    found = leaves_of({"b": [1, {}], "a/~": None})
    assert list(found) == ["/b/0", "/b/1", "/a~1~0"]
    assert [kind for kind, _ in found.values()] == ["number", "object", "null"]


@pytest.mark.parametrize(
    ("one", "other", "structure", "values"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1.0}, 0, 0),
        ({"a": 1}, {"a": 1.5}, 0, 1),
        ({"a": 1}, {"a": True}, 1, 0),
        ({"a": 1}, {"a": "1"}, 1, 0),
        ({"a": 1, "b": 2}, {"a": 1}, 0.5, 0),
        ({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 0}, 1 / 3, 0.5),
        ({"label": "bug"}, {"label": " BUG"}, 0, 0),
        ({"label": "bug"}, {"label": "feature"}, 0, 1),
        ({"a": "one two three"}, {"a": "one two four"}, 0, 1),
        ({"a": "one two three four"}, {"a": "one two three five"}, 0, 0.25),
        ([], {}, 1, 0),
        ([], [], 0, 0),
        ({"a": []}, {"a": [1]}, 1, 0),
    ],
)
def test_structure_comes_first_and_values_are_of_what_is_shared(
    one: Any, other: Any, structure: float, values: float
) -> None:
    found = between(one, other)
    assert (found.structure, found.values) == pytest.approx((structure, values))
    assert found.whole == pytest.approx(1 - (1 - structure) * (1 - values))


def test_reasons_name_pointers_and_both_values() -> None:
    found = between({"a": {"b": "x\x1b"}, "c": 1}, {"a": {"b": "y"}, "d": "z" * 99})
    assert found.values_reason == '/a/b: "x\\u001b" against "y"'
    assert found.structure_reason == f'/c: 1 against nothing; /d: nothing against "{"z" * 56}...'
    many = between(dict.fromkeys("abcde", 1), dict.fromkeys("abcde", 2))
    assert many.values_reason.endswith("/c: 1 against 2; and 2 more")


@given(json_values, json_values)
def test_differences_are_symmetric_shares_with_reasons(one: Any, other: Any) -> None:
    found, back = between(one, other), between(other, one)
    assert 0 <= found.structure == back.structure <= 1
    assert 0 <= found.values == back.values <= 1
    assert 0 <= found.whole <= 1
    assert bool(found.structure_reason) == (found.structure > 0)
    assert bool(found.values_reason) == (found.values > 0)
    assert between(one, json.loads(json.dumps(one))).whole == 0


def test_too_many_leaves_are_compared_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaves, "MAX_LEAVES", 3)
    assert list(leaves_of({"a": [1, 2, 3, 4, 5], "b": 1})) == ["/a", "/b"]
    assert between([1, 2, 3, 4], [1, 2, 3, 4]).whole == 0
    assert 0 < between([1, 2, 3, 4], [1, 2, 3, 5]).values < 1


def test_deep_and_large_values_do_no_harm() -> None:
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    assert between(deep, [deep]).whole >= 0
    assert between({"a": 10**5000}, {"a": 10**5000 + 1}).values == 1


def test_what_is_too_deep_and_what_is_empty_differ() -> None:
    deep, empty = list[Any]([1]), list[Any]()
    for _ in range(leaves.MAX_DEPTH):
        deep, empty = [deep], [empty]
    one, other = leaves_of(deep), leaves_of(empty)
    assert difference(one, other).values == difference(other, one).values == 1


@given(json_values)
def test_leaves_are_those_that_a_walk_in_order_meets(value: Any) -> None:
    assert list(leaves_of(value)) == list(_walked("", value))


def _walked(pointer: str, value: Any) -> Iterator[str]:
    if not isinstance(value, dict | list) or not value:
        yield pointer
        return
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _walked(f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}", each)

"""Strangers' values, read leniently."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.dialects import lenient

ANY_TEXT = st.text(st.characters(exclude_categories=[]))


@given(ANY_TEXT)
def test_cleaned_text_is_always_valid_unicode(text: str) -> None:
    cleaned = lenient.clean(text)
    cleaned.encode()
    assert lenient.clean(cleaned) == cleaned


def test_a_surrogate_pair_is_joined_and_a_lone_one_replaced() -> None:
    assert lenient.clean("\ud83d\ude00 \ud83d") == "\U0001f600 \ufffd"


@given(st.recursive(st.floats() | ANY_TEXT | st.integers(), lambda x: st.lists(x) | st.dictionaries(ANY_TEXT, x), max_leaves=9))  # fmt: skip
def test_compact_is_strict_json(value: Any) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = lenient.compact(value)
    assert text is not None
    text.encode()
    json.loads(text, parse_constant=refuse)


def test_nesting_too_deep_is_none() -> None:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    assert lenient.compact(value) is None
    assert lenient.compact([float("nan"), value]) is None
    assert lenient.canonical_text(value) is None
    assert lenient.scrubbed({"a": value}) == {}
    while value:
        value = value.pop()  # taken apart here: freeing it at once may overflow the C stack


@given(st.binary())
def test_parse_never_raises(data: bytes) -> None:
    lenient.parse(data)


def test_parse_takes_what_json_does_not() -> None:
    assert lenient.parse(b'\xef\xbb\xbf{"a":"\n"}') == {"a": "\n"}
    assert lenient.parse(b"1" * 5000) == float("inf")
    assert lenient.parse(b"[" * 100_000) is None


def test_numbers_keep_to_their_range() -> None:
    assert [lenient.integer(v) for v in (1, 2.0, True, "1", 2**63, -(2**63) + 1, 1.5, float("inf"))] == [
        1, 2, None, None, None, -(2**63) + 1, None, None,
    ]  # fmt: skip
    assert lenient.small_integer(2**31) is None
    assert [lenient.number(v) for v in (1, 0.5, True, float("nan"), 10**400)] == [
        1, 0.5, None, None, None,
    ]  # fmt: skip

"""JSON as it goes out: always valid, surrogates in halves kept."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.adapt.text import as_json, sse

_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _never(word: str) -> Any:
    raise AssertionError(word)


@given(_ANY)
def test_it_is_json_without_nan(value: Any) -> None:
    json.loads(as_json(value).decode(), parse_constant=_never)


def test_half_a_pair_stays_half() -> None:
    assert json.loads(as_json("\ud83d")) == "\ud83d"


def test_an_event_is_framed() -> None:
    assert sse({"a": 1}, "x.y") == b'event: x.y\ndata: {"a":1}\n\n'
    assert sse({"a": 1}) == b'data: {"a":1}\n\n'

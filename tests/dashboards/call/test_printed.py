"""JSON printed with the place of each value in it."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.dashboards.call.printed import MOST, path_of, printed

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(value=_JSON)
def test_it_is_printed_as_json_prints_it(value: Any) -> None:
    assert "\n".join(printed(value).lines) == json.dumps(value, indent=2, ensure_ascii=False)


def test_the_place_of_a_value_is_known() -> None:
    made = printed({"a": [1, {"b": "x"}], "c/d": None})
    line, start, end = made.values["a", "1", "b"]
    assert made.lines[line][start:end] == '"x"'
    line, start, end = made.keys["c/d",]
    assert made.lines[line][start:end] == '"c/d"'
    assert made.values[()] == (0, 0, 1)


def test_a_pointer_is_unescaped() -> None:
    assert path_of("") == ()
    assert path_of("a~1b/~01/0") == ("a/b", "~1", "0")


def test_large_and_deep_values_are_bounded() -> None:
    assert len(printed(list(range(1_000_000))).lines) < MOST + 10
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    assert len(printed(deep).lines) < 300

"""Strata, and how many of each are taken."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.replay.select.strata import (
    NO_TOOL,
    Stratum,
    allocate,
    depth_class,
    length_class,
    stratum_of,
)


def test_classes_begin_where_they_say() -> None:
    assert [length_class(tokens, 0) for tokens in (255, 256, 999, 1000, 15_999, 16_000)] == [
        *("under 256", "256-1k", "256-1k", "1k-4k", "4k-16k", "16k and more")
    ]
    assert length_class(None, 4 * 256) == "256-1k"
    assert [depth_class(items) for items in (None, 1, 2, 3, 6, 7, 20, 21)] == [
        *("1-2", "1-2", "1-2", "3-6", "3-6", "7-20", "7-20", "21 and more")
    ]


@pytest.mark.parametrize(
    ("tools", "use"), [((), "none"), ((NO_TOOL,), "offered"), (("look", "write"), "called")]
)
def test_a_stratum_is_read_out_of_slices(tools: tuple[str, ...], use: str) -> None:
    slices = {"contract": ("c",), "dialect": ("chat",), "depth": ("1-2",), "length": ("under 256",)}
    found = stratum_of({**slices, "tool": tools})
    assert found == Stratum("c", "chat", use, "1-2", "under 256")


def test_shares_are_in_proportion_by_largest_remainder() -> None:
    assert allocate({"a": 60, "b": 25, "c": 15}, 10) == {"a": 6, "b": 3, "c": 1}
    assert allocate({"a": 1000, "b": 1, "c": 1}, 100) == {"a": 98, "b": 1, "c": 1}
    assert allocate({"a": 10, "b": 10, "c": 10}, 2) == {"a": 1, "b": 1, "c": 0}
    assert allocate({"a": 3, "b": 0}, 9) == {"a": 3}
    assert allocate({}, 5) == {}


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.text(max_size=3), st.integers(0, 2000), max_size=12), st.integers(0, 3000)
)
def test_all_are_allotted_and_no_stratum_is_left_out_where_there_is_room(
    sizes: dict[str, int], n: int
) -> None:
    taken = allocate(sizes, n)
    there = {key: size for key, size in sizes.items() if size}
    assert sum(taken.values()) == min(n, sum(there.values()))
    assert all(0 <= taken[key] <= size for key, size in there.items())
    if n >= len(there):
        assert all(taken[key] >= 1 for key in there)
    by_size = sorted(there, key=lambda key: there[key])
    larger = pairwise(by_size)
    assert all(taken[one] <= taken[other] + (there[one] == there[other]) for one, other in larger)

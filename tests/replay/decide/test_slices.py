"""Slices: what there is, without the small, the whole and the twins."""

from driftgate.replay.case import Case
from driftgate.replay.decide.slices import MOST, members, slices
from tests.replay.decide.made import case

CASES = [
    case(
        number,
        contract="a" if number < 6 else "b",
        dialect="chat" if number < 6 else "responses",
        model="one",
        depth="first" if number % 2 else "deep",
    )
    for number in range(10)
]


def test_twins_are_looked_at_once_under_the_first_name() -> None:
    found = slices(CASES)
    assert list(found) == ["contract=a", "contract=b", "depth=deep", "depth=first"]
    assert found["contract=b"].tolist() == [6, 7, 8, 9]


def test_small_ones_and_ignored_ones_are_left_out() -> None:
    assert list(slices(CASES, minimum=5, ignored=["depth=*"])) == ["contract=a"]


def test_a_case_may_use_several_tools_or_one_twice() -> None:
    made = [Case("c", "s", {"tool": ("x", "y", "x")}), Case("d", "t", {"tool": ("y",)})]
    found = members(made)
    assert found["tool=x"].tolist() == [0]
    assert found["tool=y"].tolist() == [0, 1]


def test_names_by_the_thousand_are_cut_to_the_largest() -> None:
    many = [case(number, model=f"m{number // 2}") for number in range(2 * MOST + 20)]
    assert len(slices(many)) == MOST


def test_kinds_that_are_not_known_are_not_looked_at() -> None:
    assert slices([Case("c", "s", {"mood": ("x",)}), Case("d", "t", {"mood": ("y",)})]) == {}

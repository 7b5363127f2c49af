"""Draws depend on seed and label only."""

from hypothesis import given
from hypothesis import strategies as st

from driftgate.sim.dice import Dice


@given(st.text(), st.text())
def test_a_draw_repeats_and_lies_in_its_range(seed: str, label: str) -> None:
    assert Dice(seed).number(label) == Dice(seed).number(label)
    assert 0 <= Dice(seed).fraction(label) < 1


def test_a_draw_is_the_same_on_every_machine() -> None:
    assert Dice("seed").name("label") == "9862d1230acdbdafdce764e8"


def test_other_seeds_and_labels_draw_other_numbers() -> None:
    drawn = {Dice(seed).number(label) for seed in range(30) for label in range(30)}
    assert len(drawn) == 900


def test_cold_dice_pick_the_first_warm_dice_any() -> None:
    assert {Dice(n, cold=True).pick("abc", 0) for n in range(50)} == {"a"}
    assert {Dice(n).pick("abc", 0) for n in range(50)} == {"a", "b", "c"}

"""The prompt cache counts what a slot has seen."""

from hypothesis import given
from hypothesis import strategies as st

from driftgate.sim.slots import Slots, cached_tokens, common


@given(st.text(), st.text(), st.text())
def test_the_common_beginning_is_found(start: str, one: str, other: str) -> None:
    length = common(start + one, start + other)
    assert length >= len(start)
    assert (start + one)[:length] == (start + other)[:length]
    assert (start + one)[length : length + 1] != (start + other)[length : length + 1] or (
        length in (len(start + one), len(start + other))
    )


def test_a_prompt_goes_to_the_slot_that_knows_it_and_a_new_one_to_the_oldest() -> None:
    slots = Slots(2)
    for text in ("north wind " * 20, "south wind " * 20):
        slot, shared = slots.take("m", text)
        assert shared == 0
        slots.keep(slot, "m", text, 40)
    slot, shared = slots.take("m", "south wind " * 30)
    assert (slot.number, shared) == (1, len("south wind " * 20))
    assert slots.take("m", "xyz")[0].number == 0


def test_another_model_shares_nothing() -> None:
    slots = Slots(1)
    slot, _ = slots.take("m", "the same text")
    slots.keep(slot, "m", "the same text", 3)
    assert slots.take("n", "the same text")[1] == 0


def test_the_last_token_is_never_cached() -> None:
    assert cached_tokens("one two three", len("one two three"), 3) == 2

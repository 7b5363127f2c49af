"""Marks of replayed calls."""

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.agent import mark
from driftgate.proxy.record import Replayed

ARMS = st.sampled_from(["baseline", "candidate", "judge"])
IDS = st.binary(min_size=16, max_size=16)


@given(IDS, ARMS, IDS, st.integers(1, mark.MOST_REPETITIONS))
def test_what_was_written_is_read_again(run: bytes, arm: str, of: bytes, repetition: int) -> None:
    replayed = Replayed(run, arm, of, repetition)
    assert mark.read(mark.written(replayed)) == replayed


@given(st.text())
def test_any_text_is_read_without_a_fault(value: str) -> None:
    found = mark.read(value)
    assert found is None or mark.read(mark.written(found)) == found


def test_what_is_no_mark_is_none() -> None:
    zero = "00000000-0000-0000-0000-000000000000"
    for value in ("", "a/b/c/1", f"{zero}/CANDIDATE/{zero}/1", f"{zero}/candidate/{zero}/0"):
        assert mark.read(value) is None
    assert mark.read(f"{zero}/candidate/{zero}/²") is None

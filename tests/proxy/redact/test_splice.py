"""Replacing parts of a body in chunks: the same bytes as in the whole, as many chunks."""

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.redact.splice import Edit, splice


def test_what_replaces_a_part_of_several_chunks_goes_to_the_first() -> None:
    chunks = [b"abc", b"", b"def", b"ghi"]
    assert splice(chunks, [Edit(2, 7, b"X"), Edit(8, 9, b"")]) == [b"abX", b"", b"", b"h"]


def test_without_edits_the_chunks_are_the_same() -> None:
    chunks = [b"a"]
    assert splice(chunks, []) is chunks


@given(st.lists(st.binary(max_size=6), min_size=1, max_size=8), st.data())
def test_chunks_say_the_same_as_the_whole_with_its_edits(
    chunks: list[bytes], data: st.DataObject
) -> None:
    whole = b"".join(chunks)
    places = sorted(data.draw(st.sets(st.integers(0, len(whole)))))
    pairs = zip(places[::2], places[1::2], strict=False)
    edits = [Edit(start, end, data.draw(st.binary(max_size=3))) for start, end in pairs]
    changed = splice(chunks, edits)
    for start, end, new in reversed(edits):
        whole = whole[:start] + new + whole[end:]
    assert b"".join(changed) == whole
    assert len(changed) == len(chunks)

"""The journal's frames: round trip, torn tails, damage."""

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.journal.frame import OVERHEAD, Damage, Frame, Kind, pack, parse

frames = st.lists(
    st.tuples(
        st.sampled_from(list(Kind)),
        st.binary(min_size=16, max_size=16),
        st.integers(0, 2**63),
        st.binary(max_size=60) | st.just(b"DGF1" * 5),
    ),
    max_size=8,
)


def _segment(items: list[tuple[Kind, bytes, int, bytes]]) -> bytes:
    return b"".join(b"".join(pack(*item)) for item in items)


def _read(found: list[Frame | Damage]) -> list[tuple[int, bytes, int, bytes]]:
    return [(f.kind, f.call_id, f.at_ns, f.data) for f in found if isinstance(f, Frame)]


@given(frames)
def test_what_is_packed_is_parsed(items: list[tuple[Kind, bytes, int, bytes]]) -> None:
    assert _read(list(parse(_segment(items)))) == items


@given(frames, st.data())
def test_a_torn_tail_is_left_alone_until_the_writer_is_dead(
    items: list[tuple[Kind, bytes, int, bytes]], data: st.DataObject
) -> None:
    segment = _segment(items)
    cut = data.draw(st.integers(0, len(segment)))
    whole = _read(list(parse(segment[:cut])))
    assert whole == items[: len(whole)]
    found = list(parse(segment[:cut], final=True))
    assert _read(found) == whole
    covered = sum(OVERHEAD + len(item[3]) for item in whole)
    damage = [f for f in found if isinstance(f, Damage)]
    assert damage == ([Damage(covered, cut)] if covered < cut else [])


@given(frames.filter(lambda items: len(items) > 2), st.data())
def test_a_flipped_byte_costs_only_its_own_frame(
    items: list[tuple[Kind, bytes, int, bytes]], data: st.DataObject
) -> None:
    segment = bytearray(_segment(items))
    victim = data.draw(st.integers(0, len(items) - 2))
    start = len(_segment(items[:victim]))
    end = start + len(_segment([items[victim]]))
    segment[data.draw(st.integers(start, end - 1))] ^= 0xFF
    found = list(parse(bytes(segment), final=True))
    assert _read(found) == items[:victim] + items[victim + 1 :]
    assert [f for f in found if isinstance(f, Damage)] == [Damage(start, end)]


def test_offsets_count_from_the_base() -> None:
    segment = _segment([(Kind.END, bytes(16), 1, b"a"), (Kind.END, bytes(16), 2, b"b")])
    offsets = [f.offset for f in parse(segment, 100) if isinstance(f, Frame)]
    assert offsets == [100, 100 + OVERHEAD + 1]

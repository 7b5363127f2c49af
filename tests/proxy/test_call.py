"""Ids: UUIDv7, sorted by time."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.call import Copy, new_id, text_id


@given(st.integers(0, 2**47 * 1_000_000))
def test_an_id_is_a_uuid_of_version_7_with_its_time(at_ns: int) -> None:
    call_id = new_id(at_ns)
    parsed = uuid.UUID(bytes=call_id)
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert parsed.int >> 80 == at_ns // 1_000_000
    assert text_id(call_id) == str(parsed)


def test_ids_of_later_calls_sort_later_and_none_is_equal() -> None:
    ids = [new_id(number * 1_000_000) for number in range(100)]
    assert ids == sorted(ids)
    assert len({new_id(5) for _ in range(1000)}) == 1000


@given(st.lists(st.binary(max_size=5)), st.integers(0, 12))
def test_a_copy_is_all_of_a_body_or_none_of_it(parts: list[bytes], limit: int) -> None:
    copy, whole = Copy(limit), b"".join(parts)
    for part in parts:
        copy.add(part)
        assert copy.body is None
    copy.end()
    assert copy.body == (whole if len(whole) <= limit else None)
    assert Copy(limit, whole).body == copy.body

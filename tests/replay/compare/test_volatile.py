"""What is made by chance is folded away; what was asked for is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.compare.volatile import normalised

UUID = "550e8400-e29b-41d4-a716-446655440000"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"order {UUID} is on its way", "order <uuid> is on its way"),
        (f"call_{UUID}", "call_<uuid>"),
        (UUID.upper(), "<uuid>"),
        ("see call_9xKq2mPz01 and resp_0a1b2c3d4e", "see <id> and <id>"),
        ("chatcmpl-Abc123DEF456", "<id>"),
        ("at 2026-11-28T14:03:27Z", "at <time>"),
        ("at 2026-11-28 14:03:27.123456+01:00.", "at <time>."),
        ("at 2026-11-28T14:00:00.250Z", "at <time>"),
    ],
)
def test_what_is_made_by_chance_gets_a_name(text: str, expected: str) -> None:
    assert normalised(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "due on 2026-11-28",
        "the meeting is 2026-11-28T14:00 to 2026-11-28T15:30:00Z",
        "at 14:03:27 of the video",
        "call_function and msg_handler",
        "call_function x_12345678",
        "recall_abcdef123456",
        "1-2-3-4-5",
        f"x{UUID}y",
    ],
)
def test_what_may_be_asked_for_stays(text: str) -> None:
    assert normalised(text) == text


@given(
    st.lists(
        st.sampled_from([UUID, "call_", "resp-", "12345678", "-", ":", "2026-01-02T03:04:05", " "])
    )
)
def test_twice_is_as_once(parts: list[str]) -> None:
    once = normalised("".join(parts))
    assert normalised(once) == once

"""Error messages in the shapes that servers write."""

from typing import Any

import pytest

from driftgate.proxy.dialects.faults import MAX_MESSAGE, error_message, error_page


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"error": {"message": "m", "code": "c"}}, "m"),
        ({"error": {"code": "c"}}, "c"),
        ({"error": {"n": 1}}, '{"n":1}'),
        ({"error": "plain"}, "plain"),
        ({"detail": "fast"}, "fast"),
        ({"detail": [1]}, "[1]"),
        ({"object": "error", "message": "vllm"}, "vllm"),
        ({"message": "not an error"}, None),
        ({"error": None}, None),
        ({"error": ""}, None),
        ([], None),
        (None, None),
    ],
)
def test_the_message_is_found(value: Any, message: str | None) -> None:
    assert error_message(value) == message


def test_a_page_is_cut_and_nothing_is_none() -> None:
    assert len(error_page(b"x" * 99_999) or "") == MAX_MESSAGE
    assert error_page(b"\xff no ") == "\ufffd no"
    assert error_page(b" \n") is None

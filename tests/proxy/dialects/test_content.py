"""The text of a message's content."""

from typing import Any

import pytest

from driftgate.proxy.dialects.content import content_text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        (None, ""),
        ([], ""),
        ([{"type": "input_text", "text": "a"}, {"type": "text", "text": "b"}, "c"], "abc"),
        ([{"type": "refusal", "refusal": "no"}], "no"),
        ([{"type": "input_image", "image_url": "data:..."}], "[input_image]"),
        ([{}, None, 3, {"type": 5}], ""),
        ({"a": 1}, '{"a":1}'),
        (["\ud83d", "\ude00"], "\U0001f600"),
    ],
)
def test_every_shape_of_content_has_a_text(content: Any, text: str) -> None:
    assert content_text(content) == text

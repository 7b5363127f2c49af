"""When a text is JSON."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.compare.json_text import json_in

BLOCK = '```json\n{"a": 1}\n```'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("\n [1, 2] \n", [1, 2]),
        (BLOCK, {"a": 1}),
        (f"Here is the JSON you asked for:\n{BLOCK}\nAnything else?", {"a": 1}),
        ("{}", {}),
    ],
)
def test_json_alone_or_in_a_fence_is_json(text: str, value: Any) -> None:
    assert json_in(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42",
        '"yes"',
        "null",
        '{"a": 1',
        '{"a": 1} and more',
        f"{'It explains at length what that means. ' * 10}\n{BLOCK}",
        f"{BLOCK}\nor\n{BLOCK}",
        "```python\nprint()\n```",
    ],
)
def test_all_else_is_text(text: str) -> None:
    assert json_in(text) is None


@given(st.text(alphabet='{}[]",:1 a`\n', max_size=30))
def test_it_never_raises(text: str) -> None:
    assert isinstance(json_in(text), dict | list | None)


def test_what_is_nested_too_deeply_is_text() -> None:
    assert json_in("[" * 100_000) is None

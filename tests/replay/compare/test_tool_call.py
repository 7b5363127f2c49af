"""Arguments in one form: JSON by its values, other text by its words."""

import pytest

from driftgate.replay.compare.tool_call import arguments_apart, call_of


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ('{"a": 1, "b": 2}', '{"b":2,"a":1}', 0),
        ("", "", 0),
        ("", "{}", 1),
        ('{"a": 1}', "a is 1", 1),
        ('{"a": 1}', '{"a": 2}', 1),
        ('{"a": 1}', '{"b": 1}', 1),
        ("*** Add File: a.py", "*** add file:  a.py", 0),
        ("one two three four", "one two three five", 0.25),
        ('{"id": "call_1a2b3c4d5e"}', '{"id": "call_9z8y7x6w5v"}', 0),
        ('{"at": "2026-11-28T09:00:00Z"}', '{"at": "2026-11-28T10:00:00Z"}', 1 / 9),
    ],
)
def test_arguments_are_apart_by_their_values(one: str, other: str, expected: float) -> None:
    first, second = call_of("t", one), call_of("t", other)
    found = arguments_apart(first, second)
    assert found.whole == pytest.approx(expected)
    assert arguments_apart(second, first).whole == found.whole
    assert bool(found.structure_reason or found.values_reason) == (expected > 0)


def test_arguments_nested_too_deeply_are_compared_as_they_are() -> None:
    deep = "[" * 900 + "]" * 900
    assert arguments_apart(call_of("t", deep), call_of("t", deep)).whole == 0

"""What of a configuration may be shown."""

from typing import Any

import pytest

from driftgate.replay.candidate.public import secret_free, secret_values


@pytest.mark.parametrize(
    ("value", "free"),
    [
        ("see http://me:pw@host/x", "see http://redacted@host/x"),
        ("http://h/?a=1&api_key=abc&b=2", "http://h/?a=1&api_key=redacted&b=2"),
        ("send Bearer abcdef123456 now", "send Bearer redacted now"),
        ("the bearer of news", "the bearer of news"),
        ({"api_key": "abc"}, {"api_key": "redacted"}),
        ({"password": {"type": "string"}}, {"password": {"type": "string"}}),
        ({"max_tokens": 5, "token": 7}, {"max_tokens": 5, "token": 7}),
        (
            {"op": "add", "path": "/metadata/token", "value": "abc"},
            {"op": "add", "path": "/metadata/token", "value": "redacted"},
        ),
        ({"Authorization": "abc", "sig": "abc"}, {"Authorization": "redacted", "sig": "redacted"}),
        (
            {"op": "add", "path": "/metadata/team", "value": "abc"},
            {"op": "add", "path": "/metadata/team", "value": "abc"},
        ),
        (("a", 1, None), ["a", 1, None]),
    ],
)
def test_secrets_are_masked_and_all_else_stays(value: Any, free: Any) -> None:
    assert secret_free(value) == free


def test_a_longer_secret_is_masked_before_one_that_is_part_of_it() -> None:
    environ = {"A": "12345678", "B": "123456789abc", "C": "short"}
    secrets = secret_values(["A", "B", "C", "D"], environ)
    assert secrets == ["123456789abc", "12345678"]
    assert secret_free("x 123456789abc short", secrets) == "x redacted short"

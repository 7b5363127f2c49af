"""The token, typed."""

import pytest

from driftgate.dashboards.pages.login import where


@pytest.mark.parametrize(
    ("there", "path"),
    [
        ("/_driftgate/calls?model=a%20b", "/calls?model=a%20b"),
        ("/_driftgate/", "/"),
        ("/_driftgate/login", "/"),
        ("https://evil.example/_driftgate/calls", "/"),
        ("//evil.example/_driftgate/calls", "/"),
        ("/v1/models", "/"),
        ("http://[::1/_driftgate/calls", "/"),
        ("", "/"),
    ],
)
def test_one_goes_on_to_pages_of_ours_alone(there: str, path: str) -> None:
    assert where(there) == path

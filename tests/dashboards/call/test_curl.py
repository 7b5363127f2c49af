"""A call as a command for a shell, in which nothing of strangers leaves its word."""

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.dashboards.call.curl import INLINE, PLACEHOLDER, Curl, curl
from driftgate.proxy.dialects.describe import Described
from driftgate.proxy.harmless import harmless
from driftgate.proxy.history.whole import Call

ID = "01a223d6-db64-7b3b-b5c5-0e60564831b8"


def made(
    body: bytes = b'{"a": 1}',
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),),
    decoded: bytes | None = None,
    **row: Any,
) -> Curl:
    told = {
        "call_id": ID,
        "method": "POST",
        "path": "/v1/x",
        "query": "",
        "request_truncated": False,
        **row,
    }
    described = Described("chat", body=body if decoded is None else decoded)
    return curl(Call(told, body, b"", list(headers), [], described), "http://127.0.0.1:8787")


def words(command: str) -> list[str]:
    return shlex.split(command.replace("\\\n", " "))


def test_a_short_request_stands_in_the_command() -> None:
    assert words(made().command) == [
        *("curl", "http://127.0.0.1:8787/v1/x", "-H", "Content-Type: application/json"),
        *("--data-raw", '{"a": 1}'),
    ]


def test_a_get_needs_no_method_and_others_do() -> None:
    assert words(made(b"", (), method="GET").command) == ["curl", "http://127.0.0.1:8787/v1/x"]
    assert words(made(b"", (), method="DELETE").command)[:3] == ["curl", "-X", "DELETE"]


def test_secrets_are_left_out_with_a_placeholder() -> None:
    headers = (("Authorization", "Bearer redacted:12ab"), ("x-api-key", "redacted:34cd"))
    found = made(headers=headers, query="key=redacted:56&x=1")
    assert found.secrets
    assert "redacted:" not in found.command
    assert f"Authorization: Bearer {PLACEHOLDER}" in words(found.command)
    assert words(found.command)[1].endswith(f"?key={PLACEHOLDER}&x=1")


def test_headers_of_the_connection_are_left_out() -> None:
    headers = (
        ("Host", "x"),
        ("Content-Length", "9"),
        ("Content-Encoding", "gzip"),
        ("X-Mine", "1"),
    )
    told = words(made(headers=headers).command)
    assert [told[at + 1] for at, word in enumerate(told) if word == "-H"] == [
        "X-Mine: 1",
        "content-type: application/json",
    ]


@pytest.mark.parametrize(
    "body",
    [b"x" * (INLINE + 1), b"\xff\xfe", b"\x1b[201~rm -rf", "\u202e".encode(), b"a\tb", b"a\rb"],
)
def test_long_binary_and_harmful_bodies_come_from_the_history(body: bytes) -> None:
    found = made(body, (("Content-Encoding", "gzip"),))
    assert found.piped
    assert found.command.startswith(f"driftgate show {ID} --raw request | curl ")
    assert "Content-Encoding: gzip" in found.command
    assert words(found.command)[-2:] == ["--data-binary", "@-"]


def test_a_body_that_was_recorded_in_part_is_not_pasted_as_if_it_were_whole() -> None:
    assert made(request_truncated=True).piped


_TEXT = st.text(max_size=40)


@given(body=_TEXT, header=_TEXT, path=_TEXT, query=_TEXT, method=_TEXT)
def test_nothing_of_strangers_leaves_its_word(
    body: str, header: str, path: str, query: str, method: str
) -> None:
    """A shell reads one command, whose words are ours, and pastes what the page shows."""
    data = body.encode()
    found = made(data, (("x-a", header),), path=f"/{path}", query=query, method=method or "GET")
    assert harmless(found.command) == found.command or not method.isprintable()
    told = words(found.command.removeprefix(f"driftgate show {ID} --raw request | "))
    assert told[0] == "curl"
    assert sum(word.startswith("http://127.0.0.1:8787/") for word in told[1:4]) == 1

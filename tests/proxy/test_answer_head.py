"""What the client is told of the body's end and of its connection."""

from types import SimpleNamespace
from typing import Any

import pytest

from driftgate.proxy.answer_head import answer_head, connection_field
from driftgate.proxy.upstream.wire import Chunked, Framing, Head, Sized, UntilClose

HEAD = Head(1, 200, b"OK", [(b"A", b"b")])


def _client(*, modern: bool = True, keep_alive: bool = True) -> Any:
    return SimpleNamespace(modern=modern, keep_alive=keep_alive, delimited=True)


@pytest.mark.parametrize(
    ("framing", "modern", "keep_alive", "expected", "kept", "delimited"),
    [
        (Sized(3), True, True, b"", True, True),
        (Sized(3), True, False, b"Connection: close", False, True),
        (Sized(3), False, True, b"Connection: keep-alive", True, True),
        (Chunked(), True, True, b"Transfer-Encoding: chunked", True, True),
        (Chunked(), False, True, b"Connection: close", False, False),
        (UntilClose(), True, True, b"Connection: close", False, False),
    ],
)
def test_the_head_says_how_the_body_ends(  # noqa: PLR0917 - a table
    framing: Framing, modern: bool, keep_alive: bool, expected: bytes, kept: bool, delimited: bool
) -> None:
    client = _client(modern=modern, keep_alive=keep_alive)
    raw = answer_head(HEAD, HEAD.pairs, framing, client, bytes(16))
    lines = raw.split(b"\r\n")
    assert lines[:2] == [b"HTTP/1.1 200 OK", b"A: b"]
    assert lines[2].startswith(b"x-driftgate-call-id: 00000000-0000-")
    assert [line for line in lines[3:] if line] == ([expected] if expected else [])
    assert (client.keep_alive, client.delimited) == (kept, delimited)


def test_a_modern_client_that_stays_is_told_nothing() -> None:
    assert connection_field(_client()) == []

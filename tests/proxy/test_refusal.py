"""Errors as answers."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from driftgate.proxy import failures
from driftgate.proxy.call import Call
from driftgate.proxy.refusal import is_codex, refusal
from driftgate.proxy.upstream.wire import find_head, parse_head


def _client(method: str = "POST", path: str = "/v1/x", *pairs: tuple[bytes, bytes]) -> Any:
    content = SimpleNamespace(at_eof=lambda: True)
    request = SimpleNamespace(method=method, raw_path=path, raw_headers=pairs, content=content)
    return SimpleNamespace(request=request, keep_alive=True, modern=True)


def test_an_error_is_a_whole_answer_with_its_length_and_call() -> None:
    call = Call(bytes(16), 0, "POST", upstream="u")
    answer = refusal(_client(), failures.stopping(), call)
    end, start = find_head(answer.wire) or (0, 0)
    head = parse_head(answer.wire[:end])
    assert (head.status, head.reason) == (503, b"Service Unavailable")
    assert head.fields[b"content-length"] == str(len(answer.wire) - start).encode()
    assert head.fields[b"content-type"] == b"application/json"
    assert json.loads(answer.body)["error"]["driftgate"]["upstream"] == "u"


def test_an_answer_to_head_has_no_body() -> None:
    answer = refusal(_client("HEAD"), failures.stopping(), Call(bytes(16), 0, "HEAD"))
    assert answer.wire.endswith(b"\r\n\r\n")
    assert answer.body == b""


def test_a_wait_is_told_in_seconds() -> None:
    error = failures.stopping()
    error.retry_after_s = 3
    assert b"Retry-After: 3\r\n" in refusal(_client(), error, Call(bytes(16), 0, "POST")).wire


def test_a_connection_with_an_unread_body_is_closed() -> None:
    client = _client()
    client.request.content = SimpleNamespace(at_eof=lambda: False)
    assert (
        b"Connection: close\r\n"
        in refusal(client, failures.stopping(), Call(bytes(16), 0, "POST")).wire
    )


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (((b"X-Codex-Window-Id", b"a:0"),), True),
        (((b"User-Agent", b"codex_exec/0.169.0 (Debian)"),), True),
        (((b"x-codex-window-id", b"a:0"), (b"X-Driftgate-Parent-Call-Id", b"agent's")), False),
        (((b"User-Agent", b"OpenAI/Python 3.57"), (b"Accept", b"*/*")), False),
    ],
)
def test_codex_is_known_by_its_headers(
    pairs: tuple[tuple[bytes, bytes], ...], *, expected: bool
) -> None:
    assert is_codex(pairs) is expected

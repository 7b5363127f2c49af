"""Promises that span several parts and have no file of their own."""

import contextlib
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftgate.proxy.record import Outcome
from driftgate.proxy.settings.model import Upstream
from tests.support.gate import gate

BODY = b'{"model":"m","messages":[]}'
CODEX = b"originator: codex_exec\r\nuser-agent: codex_exec/0.169.0\r\n"


@contextlib.contextmanager
def _full_backlog() -> Iterator[int]:
    """A port whose queue of connections is full: Linux then answers no further SYN."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


def _post(path: bytes, *, codex: bool = False) -> bytes:
    lines = CODEX if codex else b""
    head = b"POST %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%bContent-Length: %d\r\n\r\n"
    return head % (path, lines, len(BODY)) + BODY


@pytest.mark.skipif(sys.platform != "linux", reason="platform: other kernels refuse at once")
@pytest.mark.parametrize(
    ("path", "codex", "status"),
    [
        (b"/v1/chat/completions", False, b"504"),
        (b"/api/chat", False, b"504"),
        (b"/v1/responses", True, b"408"),  # it tries again, five times at most
    ],
)
async def test_an_upstream_that_takes_no_connection_is_given_up_in_time(
    tmp_path: Path, path: bytes, status: bytes, *, codex: bool
) -> None:
    with _full_backlog() as port:
        url = f"http://127.0.0.1:{port}"
        async with gate(tmp_path, url, upstream={"connect_timeout_s": 0.2}) as running:
            raw = await running.fetch(_post(path, codex=codex))
            head, _, body = raw.partition(b"\r\n\r\n")
            assert head.split(b" ")[1] == status
            error = json.loads(body)["error"]
            message = error["message"] if isinstance(error, dict) else error
            assert "connect_timeout_s" in message
            assert f"127.0.0.1:{port}" in message
            [call] = await running.ended()
    assert call.outcome is Outcome.UPSTREAM_TIMEOUT
    assert call.request_body == BODY
    assert call.error is not None
    assert "connect_timeout_s" in call.error


def test_each_limit_on_silence_can_be_set_for_each_upstream() -> None:
    limits = {"connect_timeout_s", "first_byte_timeout_s", "idle_timeout_s"}
    assert limits <= Upstream.model_fields.keys()
    assert Upstream(url="http://x", idle_timeout_s=0.5).idle_timeout_s == 0.5

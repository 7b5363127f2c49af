"""Secrets on real processes: in no file, no answer of a command and no line of output, ever."""

import asyncio
import contextlib
import gzip
import json
import os
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from driftgate.proxy.admin import ask, socket_path
from tests.support.backends import Backend, Served, Start
from tests.support.processes import DRIFTGATE, free_port
from tests.support.scripted import Exchange, Scripted

pytestmark = pytest.mark.timeout(120)

Serve = Callable[..., Served]
# each is written at one place only, so that a leak names its place
HEADERS = {
    "Authorization": "Bearer sk-in-authorization-1",
    "Cookie": "session=in-cookie-2",
    "X-Api-Key": "in-api-key-3",
    "Api-Key": "in-azure-key-4",
    "X-Company-Ticket": "in-own-header-5",
    "Proxy-Authorization": "Basic aW4tcHJveHktNg==",
    "Referer": "http://x/?token=in-referer-7",
}
QUERY = "api_key=in-query-8&ticket=in-own-query-9&kept=visible"
BODY, SPLIT, PATH, ZIPPED, NEVER_SENT = (
    "sk-body-10",
    "sk-split-11",
    "path-12",
    "sk-zip-13",
    "sk-off-14",
)
ALWAYS_MASKED = (
    *("sk-in-authorization-1", "in-cookie-2", "in-api-key-3", "in-azure-key-4", "in-own-header-5"),
    *("aW4tcHJveHktNg", "in-referer-7", "in-query-8", "in-own-query-9"),
)
RULES = {
    "DRIFTGATE_REDACT__HEADERS": '["x-company-ticket"]',
    "DRIFTGATE_REDACT__QUERY": '["ticket"]',
    "DRIFTGATE_REDACT__PATTERNS": '["sk-[a-z]+-[0-9]{2}"]',
    "DRIFTGATE_REDACT__JSON_PATHS": '["$.metadata.password"]',
}


@contextlib.contextmanager
def _ingest_stopped(served: Served) -> Iterator[None]:
    """Nothing leaves the journal meanwhile."""
    pid = int((ask(socket_path(served.history, "history"), {"op": "status"}) or {})["pid"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _send(url: str, body: bytes, **more: str) -> bytes:
    headers = {"Content-Type": "application/json", **HEADERS, **more}
    request = urllib.request.Request(f"{url}/v1/chat/completions?{QUERY}", body, headers)
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(request) as answer:
        return bytes(answer.read())
    return b""


def _asking(text: str, **more: object) -> bytes:
    messages = [{"role": "user", "content": f"echo: {text}"}]
    return json.dumps({"model": "gemma4-sim:v1", "messages": messages, **more}).encode()


def _leaks(folder: Path, secrets: tuple[str, ...], *texts: str) -> list[tuple[str, str]]:
    """(where, secret) of everything that lies below a folder or is said."""
    places = {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    places |= {f"text {number}": text.encode() for number, text in enumerate(texts)}
    assert len(places) > len(texts)
    return [
        (place, secret)
        for place, data in places.items()
        for secret in secrets
        if secret.encode() in data
    ]


def _commands(proc: Start, served: Served) -> list[str]:
    """What people would see."""
    texts = []
    for words in (("calls", "--json"), ("show", "last", "--headers"), ("status",), ("status", "--json"),
                  ("export", "--format", "har"), ("export", "--format", "jsonl")):  # fmt: skip
        run = proc([*DRIFTGATE, *words, "--history", str(served.history)])
        assert run.popen.wait(60) == 0, run.text
        run.end()
        texts.append(run.text)
    return texts


async def _answer(exchange: Exchange) -> None:
    """A stream that says a secret in pieces, and sets one as a cookie."""
    await exchange.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nSet-Cookie: id=set-cookie-15\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    for piece in ("it is s", "k-", "spl", "it-", "1", "1", " as you see"):
        value = {"choices": [{"index": 0, "delta": {"content": piece}}]}
        event = b"data: " + json.dumps(value).encode() + b"\n\n"
        await exchange.send(b"%x\r\n%b\r\n" % (len(event), event))
    await exchange.send(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")


async def test_no_secret_reaches_a_file_or_a_screen(
    proc: Start, serve: Serve, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    async with Scripted(_answer).running() as backend:
        served = await asyncio.to_thread(serve, backend.url, env=RULES, history=home / "h.duckdb")
        secrets = (*ALWAYS_MASKED, BODY, SPLIT, PATH, ZIPPED, "set-cookie-15")

        def run() -> None:
            with _ingest_stopped(served):
                body = _asking(f"my key is {BODY}", metadata={"password": PATH, "user": "visible"})
                answer = _send(served.url, body)
                assert b"k-" in answer
                zipped = gzip.compress(_asking(f"zipped {ZIPPED}"))
                _send(served.url, zipped, **{"Content-Encoding": "gzip"})
                journal = [p for p in home.rglob("*.seg") if p.stat().st_size]
                assert journal, "nothing was recorded yet"
                assert _leaks(home, secrets) == []
            rows = served.ask(
                "SELECT query, input_text, output_text, metadata, request_headers FROM calls "
                "ORDER BY started_at"
            )
            assert len(rows) == 2
            query, asked, said, metadata, headers = rows[0]
            assert "kept=visible" in query
            assert "visible" in metadata
            assert asked.startswith("echo: my key is redacted:")
            assert said.startswith("it is redacted:")
            assert said.endswith(" as you see")
            assert "Bearer redacted:" in headers
            assert rows[1][1].startswith("echo: zipped redacted:")
            texts = [*_commands(proc, served), served.process.text]
            assert _leaks(home, secrets, *texts) == []
            served.process.stop()
            assert _leaks(home, secrets, served.process.text) == []

        await asyncio.to_thread(run)
        one = next(each for each in backend.seen if each.head.startswith(b"POST /v1"))
        # the backend gets all of it
        assert BODY.encode() in one.body
        assert b"sk-in-authorization-1" in one.head


def test_calls_that_fail_keep_their_secrets_too(proc: Start, serve: Serve, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    served = serve(f"http://127.0.0.1:{free_port()}", env=RULES, history=home / "h.duckdb")
    _send(served.url, _asking(f"refused {NEVER_SENT}"))
    for raw in (
        f"GET /u/nobody/v1/models?{QUERY} HTTP/1.1\r\nHost: x\r\nAuthorization: {HEADERS['Authorization']}\r\n\r\n",
        f"CONNECT host:1?{QUERY} HTTP/1.1\r\nHost: x\r\nX-Api-Key: {HEADERS['X-Api-Key']}\r\n\r\n",
        f"GET /?{QUERY} HTTP/1.1\r\nHost: x\r\nbad header {HEADERS['X-Api-Key']}\r\n\r\n",
    ):
        _raw(served, raw.encode())
    outcomes = {outcome for (outcome,) in served.ask("SELECT outcome FROM calls")}
    assert "upstream_refused" in outcomes
    assert len(outcomes) >= 2
    secrets = (*ALWAYS_MASKED, NEVER_SENT)
    assert _leaks(home, secrets, *_commands(proc, served), served.process.text) == []


def _raw(served: Served, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2])), 10) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(65536):
            continue


def test_a_password_in_an_upstreams_address_is_refused_and_not_shown(
    proc: Start, tmp_path: Path
) -> None:
    """It would stand in records, messages and errors; clients send their own Authorization."""
    history = tmp_path / "h.duckdb"
    words = ["serve", "--upstream", "http://me:in-address-16@127.0.0.1:1", "--history", history]
    run = proc([*DRIFTGATE, *words], env={"DRIFTGATE_LISTEN": "127.0.0.1:0"})
    assert run.popen.wait(20) == 2
    run.end()
    assert "without name and password" in run.text
    assert "in-address-16" not in run.text
    assert list(tmp_path.iterdir()) == []


def test_equal_keys_can_be_told_and_unequal_ones_too(serve: Serve, sim: Backend) -> None:
    served = serve(sim.url)
    for key in ("sk-one", "sk-two", "sk-one"):
        _send(served.url, _asking("hi"), Authorization=f"Bearer {key}")
    asked = "SELECT header(request_headers, 'authorization') FROM calls ORDER BY started_at"
    one, two, again = (value for (value,) in served.ask(asked) if value)
    assert one == again != two

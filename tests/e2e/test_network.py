"""Networks as people have them: IPv6, TLS, prefixes, old clients, many streams, large heads."""

import asyncio
import json
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from shutil import which

import pytest

from tests.support.backends import Backend, Served, Start, start_sim
from tests.support.processes import DRIFTGATE, LISTENING
from tests.support.scripted import Exchange, Scripted, always, sized

pytestmark = pytest.mark.timeout(120)

Serve = Callable[..., Served]
STREAMS = 64


def _port(served: Served) -> int:
    return int(served.url.rpartition(":")[2])


async def _exchange(port: int, raw: bytes, host: str = "127.0.0.1") -> bytes:
    """Sends raw bytes and reads until the connection ends."""
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 22)
    writer.write(raw)
    try:
        async with asyncio.timeout(30):
            return await reader.read()
    finally:
        writer.close()


def _post(body: bytes, *lines: bytes, path: bytes = b"/v1/chat/completions") -> bytes:
    extra = b"".join(line + b"\r\n" for line in lines)
    head = b"POST %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%bContent-Length: %d\r\n\r\n"
    return head % (path, extra, len(body)) + body


def _chat(text: str, **more: object) -> bytes:
    messages = [{"role": "user", "content": text}]
    return json.dumps({"model": "gemma4-sim:v1", "messages": messages, **more}).encode()


async def test_it_listens_on_ipv6(proc: Start, sim: Backend, tmp_path: Path) -> None:
    history = tmp_path / "h.duckdb"
    where = ["--listen", "[::1]:0", "--history", str(history), "--upstream", sim.url]
    process = await asyncio.to_thread(proc, [*DRIFTGATE, "serve", *where])
    url = (await asyncio.to_thread(process.wait_for, LISTENING))[1].rstrip("/")
    assert url.startswith("http://[::1]:")
    served = Served(url, history, process)
    answer = await _exchange(_port(served), _post(_chat("echo: six")), "::1")
    assert b'"six"' in answer
    [(client,)] = await asyncio.to_thread(served.ask_until, "SELECT client FROM calls", 1)
    assert client.startswith("[::1]:")


async def test_an_ipv6_upstream_is_reached(proc: Start, serve: Serve) -> None:
    sim = await asyncio.to_thread(start_sim, proc, "--listen", "[::1]:0")
    assert "[::1]" in sim.url
    served = await asyncio.to_thread(serve, sim.url)
    assert b'"six"' in await _exchange(_port(served), _post(_chat("echo: six")))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody but its maker trusts, with its key."""
    if not which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    key = path.with_name("key.pem")
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", str(key), "-out", str(path)]  # fmt: skip
    subprocess.run(["openssl", *words], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path


@pytest.fixture
async def https(certificate: Path) -> AsyncIterator[str]:
    """A model server behind TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    backend = Scripted(always(sized(b'{"model":"behind tls"}')))
    server = await asyncio.start_server(backend._serve, "127.0.0.1", 0, ssl=context)
    yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_a_tls_upstream_is_reached_where_its_certificate_need_not_be_checked(
    serve: Serve, https: str
) -> None:
    env = {"DRIFTGATE_UPSTREAMS__DEFAULT__VERIFY_TLS": "false"}
    served = await asyncio.to_thread(serve, https, env=env)
    answer = await _exchange(_port(served), _post(_chat("hi")))
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b'{"model":"behind tls"}')


async def test_a_certificate_that_is_not_trusted_is_a_clear_error(serve: Serve, https: str) -> None:
    served = await asyncio.to_thread(serve, https)
    answer = await _exchange(_port(served), _post(_chat("hi")))
    head, _, body = answer.partition(b"\r\n\r\n")
    message = json.loads(body)["error"]["message"]
    assert head.startswith(b"HTTP/1.1 502")
    assert "driftgate" in message
    assert "certificate" in message.lower()
    assert https.removeprefix("https://") in message
    asked = "SELECT outcome FROM calls WHERE method = 'POST'"
    assert await asyncio.to_thread(served.ask_until, asked, 1) == [("upstream_refused",)]


async def test_a_trusted_certificate_is_accepted(
    serve: Serve, https: str, certificate: Path
) -> None:
    served = await asyncio.to_thread(serve, https, env={"SSL_CERT_FILE": str(certificate)})
    answer = await _exchange(_port(served), _post(_chat("hi")))
    assert answer.startswith(b"HTTP/1.1 200")


async def test_an_upstream_below_a_path_gets_it_before_each_path(serve: Serve) -> None:
    async with Scripted(always(sized(b"{}"))).running() as backend:
        served = await asyncio.to_thread(serve, f"{backend.url}/deep/down")
        await _exchange(_port(served), _post(b"{}", path=b"/v1/chat/completions?a=b"))
        targets = [
            each.target for each in backend.seen if each.head.startswith(b"POST /deep/down/v1/c")
        ]
        assert targets == ["/deep/down/v1/chat/completions?a=b"]
        asked = "SELECT path, query, dialect FROM calls"
        rows = await asyncio.to_thread(served.ask_until, asked, 1)
        assert rows == [("/v1/chat/completions", "a=b", "chat")]


async def test_many_streams_at_once_keep_their_pieces_apart(serve: Serve) -> None:
    gathered = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        """Streams the request's own name, once all of them are there."""
        if exchange.head.startswith(b"GET "):
            await exchange.send(sized(b"{}", status=b"404 Not Found"))
            return
        name = json.loads(exchange.body)["messages"][0]["content"]
        if sum(each.head.startswith(b"POST ") for each in backend.seen) == STREAMS:
            gathered.set()
        await gathered.wait()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        await exchange.send(head)
        for number in range(20):
            value = {"choices": [{"index": 0, "delta": {"content": f"{name}.{number} "}}]}
            event = b"data: " + json.dumps(value).encode() + b"\n\n"
            await exchange.send(b"%x\r\n%b\r\n" % (len(event), event))
        await exchange.send(b"0\r\n\r\n")

    async with Scripted(answer).running() as backend:
        served = await asyncio.to_thread(serve, backend.url)
        names = [f"stream-{number}" for number in range(STREAMS)]
        asked = [_exchange(_port(served), _post(_chat(name, stream=True))) for name in names]
        answers = await asyncio.gather(*asked)
        rows = await asyncio.to_thread(
            served.ask, "SELECT input_text, output_text FROM calls WHERE dialect = 'chat'"
        )
    for name, raw in zip(names, answers, strict=True):
        assert raw.count(f'"{name}.'.encode()) == 20
        assert raw.count(b'"content": "') == 20
    said = {name: "".join(f"{name}.{number} " for number in range(20)) for name in names}
    assert dict(rows) == said
    assert len(rows) == STREAMS


async def test_heads_of_a_hundred_kilobytes_pass_both_ways(serve: Serve) -> None:
    large = b"v" * 100_000
    async with Scripted(always(sized(b"{}", b"X-Large: " + large))).running() as backend:
        served = await asyncio.to_thread(serve, backend.url)
        answer = await _exchange(_port(served), _post(b"{}", b"X-Sent: " + large))
        assert b"X-Large: " + large in answer
        assert b"X-Sent: " + large in next(s.head for s in backend.seen if s.body == b"{}")
        asked = (
            "SELECT length(header(request_headers, 'x-sent')), "
            "length(header(response_headers, 'x-large')) FROM calls WHERE method = 'POST'"
        )
        assert await asyncio.to_thread(served.ask_until, asked, 1) == [(100_000, 100_000)]


async def test_a_client_of_http_1_0_gets_an_answer_it_understands(
    proc: Start, serve: Serve, sim: Backend
) -> None:
    served = await asyncio.to_thread(serve, sim.url)
    body = _chat("echo: old", stream=True)
    raw = b"POST /v1/chat/completions HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    answer = await _exchange(_port(served), raw)
    head, _, stream = answer.partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    assert stream.startswith(b"data: ")
    assert stream.endswith(b"data: [DONE]\n\n")
    asked = "SELECT output_text, outcome FROM calls WHERE dialect = 'chat'"
    assert await asyncio.to_thread(served.ask_until, asked, 1) == [("old", "completed")]


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_a_kept_connection_serves_hundreds_of_calls(
    serve: Serve, sim: Backend, version: bytes
) -> None:
    """As `ab -k` (HTTP/1.0) and every pooled client (1.1) do it."""
    served = await asyncio.to_thread(serve, sim.url)
    reader, writer = await asyncio.open_connection("127.0.0.1", _port(served))
    body = _chat("echo: kept")
    line = b"POST /v1/chat/completions HTTP/%b\r\nHost: x\r\nConnection: Keep-Alive\r\n" % version
    for _ in range(200):
        writer.write(line + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert b" 200 " in head.split(b"\r\n")[0]
        if version == b"1.0":
            assert b"connection: keep-alive" in head
        length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        assert b'"kept"' in await reader.readexactly(length)
    writer.close()
    asked = "SELECT count(*), count(DISTINCT client) FROM calls WHERE output_text = 'kept'"
    assert await asyncio.to_thread(served.ask, asked) == [(200, 1)]


async def test_every_call_waits_for_the_disk_where_asked_to(serve: Serve, sim: Backend) -> None:
    env = {"DRIFTGATE_JOURNAL__DURABILITY": "fsync", "DRIFTGATE_JOURNAL__FSYNC_INTERVAL_MS": "1"}
    served = await asyncio.to_thread(serve, sim.url, env=env)
    bodies = [_chat("echo: safe", stream=stream) for stream in (False, True)]
    answers = await asyncio.gather(*(_exchange(_port(served), _post(body)) for body in bodies * 4))
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    assert all(b"safe" in answer for answer in answers)
    asked = "SELECT count(*) FROM calls WHERE output_text = 'safe' AND outcome = 'completed'"
    assert await asyncio.to_thread(served.ask, asked) == [(8,)]

"""The request's way up: streaming, 100-continue, framing, early answers."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from driftgate.proxy.record import Outcome
from driftgate.proxy.telemetry.context import span_id
from driftgate.proxy.upload import Upload
from driftgate.proxy.upstream.connection import Address
from tests.support.gate import fetch, gate
from tests.support.scripted import Exchange, Scripted, always, read_body, sized

EXPECT = (
    b"POST /v1/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n"
)


async def test_a_large_body_is_forwarded_before_it_is_whole(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"ok")))
    size = 3_000_000
    async with backend.running(), gate(tmp_path, backend.url) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
        writer.write(bytes(size // 2))
        await writer.drain()
        while not backend.begun:  # the head is there although half of the body is missing
            await asyncio.sleep(0.005)
        writer.write(bytes(size - size // 2))
        await reader.readuntil(b"\r\n\r\nok")
        writer.close()
        call = (await running.ended())[0]
    assert len(call.request_body) == size
    assert len(backend.seen[0].body) == size


async def test_expect_is_answered_by_the_upstream(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        assert b"Expect: 100-continue" in exchange.head
        await exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await read_body(exchange.head, exchange.reader)
        await exchange.send(sized(b"got " + body))

    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(EXPECT)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"body")
        assert (await reader.read()).endswith(b"got body")
        writer.close()
        assert (await running.ended())[0].request_body == b"body"


async def test_an_upstream_may_refuse_without_reading_the_body(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"too large", status=b"417 Expectation Failed")))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        raw = await running.fetch(EXPECT)
        assert raw.startswith(b"HTTP/1.1 417 ")
        assert raw.endswith(b"too large")


async def test_an_upstream_that_ignores_expect_gets_the_body_after_a_second(
    tmp_path: Path,
) -> None:
    async def answer(exchange: Exchange) -> None:
        body = await read_body(exchange.head, exchange.reader)
        await exchange.send(sized(b"got " + body))

    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        raw = await running.fetch(EXPECT + b"body")
    assert raw.endswith(b"got body")


async def test_the_recording_limit_bounds_the_record_not_the_call(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"0123456789")))
    async with backend.running(), gate(tmp_path, backend.url, body_limit=4) as running:
        request = (
            b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 6\r\n\r\nabcdef"
        )
        assert (await running.fetch(request)).endswith(b"0123456789")
        call = (await running.ended())[0]
    assert backend.seen[0].body == b"abcdef"
    assert (call.request_body, call.request_size, call.request_truncated) == (b"abcd", 6, True)
    assert b"".join(chunk.data for chunk in call.chunks) == b"0123"
    assert (call.response_size, call.response_truncated) == (10, True)


async def test_a_slow_upload_is_not_an_upstream_that_does_not_answer(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"ok")))
    limits = {"first_byte_timeout_s": 0.2}
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    async with backend.running(), gate(tmp_path, backend.url, upstream=limits) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(head)
        for _ in range(4):
            await asyncio.sleep(0.15)
            writer.write(b"1\r\nx\r\n")
        writer.write(b"0\r\n\r\n")
        raw = await reader.read()
        writer.close()
    assert raw.endswith(b"ok")


async def test_a_transfer_coding_of_the_client_s_is_refused_not_lost(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"ok")))
    raw = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n"
    raw += b"\r\n0\r\n\r\n"
    async with backend.running(), gate(tmp_path, backend.url) as running:
        answer = await running.fetch(raw)
        call = (await running.ended())[0]
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"transfer coding" in answer
    assert call.outcome is Outcome.CLIENT_INVALID
    assert backend.seen == []


TRACED = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n%b\r\n"
PARENTS = b"TraceParent: 00-%b-%b-01\r\nTraceState: a=1\r\n" % (b"1" * 32, b"2" * 16)


async def test_without_a_collector_a_trace_passes_byte_for_byte(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"ok")))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        for parents in (PARENTS, b"traceparent: junk\r\n", b""):
            await running.fetch(TRACED % parents)
    heads = [exchange.head for exchange in backend.seen]
    assert PARENTS in heads[0]
    assert b"traceparent: junk\r\n" in heads[1]
    assert b"traceparent" not in heads[2].lower()


async def test_with_a_collector_the_upstream_is_told_its_span_and_the_record_is_the_client_s(
    tmp_path: Path,
) -> None:
    backend = Scripted(always(sized(b"ok")))
    otel = {"otel": {"endpoint": "http://127.0.0.1:4318"}}
    async with backend.running(), gate(tmp_path, backend.url, settings=otel) as running:
        await running.fetch(TRACED % PARENTS)
        call = (await running.ended())[0]
    told = b"traceparent: 00-%b-%b-01\r\n" % (b"1" * 32, span_id(call.call_id, 1).encode())
    head = backend.seen[0].head
    assert head.lower().count(b"traceparent") == 1
    assert told in head
    assert b"TraceState: a=1\r\n" in head
    assert ("TraceParent", f"00-{'1' * 32}-{'2' * 16}-01") in call.request_headers


class Managed:
    """Reads each request's body whole, up to a limit, as the managed path does."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.body: bytes | None = None
        self.head = b""
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.begun.set()
        upload = Upload(request, Address.of("http://u"), request.raw_path)
        try:
            self.body = await upload.read_managed(self.limit)
        finally:
            self.ended.set()
        self.head = upload.head()
        response = web.Response()
        response.force_close()
        return response

    async def read(self, raw: bytes) -> bytes | None:
        server = await asyncio.get_running_loop().create_server(
            web.Server(self.handle), "127.0.0.1", 0
        )
        await fetch(server.sockets[0].getsockname()[1], raw)
        server.close()
        return self.body


def posted(headers: bytes, body: bytes = b"") -> bytes:
    return b"POST /v1/x HTTP/1.1\r\nHost: x\r\n%b\r\n\r\n%b" % (headers, body)


IN_CHUNKS = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (posted(b"Content-Length: 5", b"abcde"), b"abcde"),
        (posted(b"Transfer-Encoding: chunked", IN_CHUNKS), b"abcde"),
        (posted(b"Expect: 100-continue\r\nContent-Length: 5", b"abcde"), b"abcde"),
        (posted(b"Transfer-Encoding: chunked", b"0\r\n\r\n"), b""),
        (posted(b"Content-Length: 0"), b""),
        (posted(b"X-A: 1"), b""),
    ],
    ids=["sized", "chunked", "expected", "empty chunks", "empty", "none"],
)
async def test_a_managed_body_is_read_whole_in_any_framing(raw: bytes, body: bytes) -> None:
    managed = Managed(5)
    assert await managed.read(raw) == body
    if body and b"chunked" in raw:
        assert b"chunked" not in managed.head
        assert b"Content-Length: 5\r\n" in managed.head


@pytest.mark.parametrize(
    "raw",
    [
        posted(b"Content-Length: 5", b"abcde"),
        posted(b"Transfer-Encoding: chunked", IN_CHUNKS),
    ],
    ids=["sized", "chunked"],
)
async def test_a_managed_body_beyond_the_limit_is_none(raw: bytes) -> None:
    assert await Managed(4).read(raw) is None


async def test_a_managed_body_that_breaks_off_ends_with_its_client() -> None:
    managed = Managed(100)
    server = await asyncio.get_running_loop().create_server(
        web.Server(managed.handle), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(posted(b"Transfer-Encoding: chunked", b"3\r\nabc\r\n"))
    await managed.begun.wait()
    writer.write(b"zz\r\n")  # no chunk; aiohttp tells its handler nothing of that
    writer.close()
    async with asyncio.timeout(5):
        await managed.ended.wait()
    server.close()
    assert managed.body is None

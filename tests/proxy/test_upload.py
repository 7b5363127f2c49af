"""The request's way up: streaming, 100-continue, framing, early answers."""

import asyncio
from pathlib import Path

from driftgate.proxy.record import Outcome
from tests.support.gate import gate
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

"""Back-pressure: whoever reads slowly holds the other side back, and nothing piles up."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from driftgate.proxy.record import Outcome
from tests.support.gate import Gate, gate
from tests.support.scripted import Exchange, Scripted, sized

GET = b"GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
UPGRADE = GET.replace(b"close\r\n", b"Upgrade\r\nUpgrade: websocket\r\n")


async def _open(running: Gate, raw: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(raw)
    return reader, writer


async def _until_still(count: Callable[[], int]) -> None:
    before = -1
    while count() != before:
        before = count()
        await asyncio.sleep(0.2)


async def test_a_slow_reader_holds_the_upstream_back(tmp_path: Path) -> None:
    sent = 0

    async def answer(exchange: Exchange) -> None:
        nonlocal sent
        await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n")
        for _ in range(60):
            await exchange.send(bytes(1_000_000))
            sent += 1

    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        reader, writer = await _open(running, GET)
        await reader.readuntil(b"\r\n\r\n")
        await _until_still(lambda: sent)
        assert sent < 40
        assert len(await reader.read()) == 60_000_000
        writer.close()


async def test_interim_answers_wait_for_a_slow_reader_too(tmp_path: Path) -> None:
    sent = 0
    flood = b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 500 + b"\r\n\r\n"

    async def answer(exchange: Exchange) -> None:
        nonlocal sent
        for _ in range(60):
            await exchange.send(flood * 2000)
            sent += 1
        await exchange.send(sized(b"ok"))

    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        reader, writer = await _open(running, GET)
        await _until_still(lambda: sent)
        assert sent < 40
        raw = await reader.read()
        writer.close()
    assert raw.endswith(b"ok")
    assert raw.count(b"HTTP/1.1 103 ") == 120_000


async def test_an_upstream_that_reads_slowly_holds_a_websocket_s_client_back(
    tmp_path: Path,
) -> None:
    received = 0
    read_on = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        nonlocal received
        await exchange.send(SWITCH)
        await read_on.wait()
        while data := await exchange.reader.read(1 << 20):
            received += len(data)

    sent = 0

    async def send(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        for _ in range(60):
            writer.write(bytes(1_000_000))
            await writer.drain()
            sent += 1

    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url, body_limit=1000) as running:
        reader, writer = await _open(running, UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        sending = asyncio.create_task(send(writer))
        await _until_still(lambda: sent)
        assert sent < 40
        read_on.set()
        await sending
        writer.close()
        call = (await running.ended())[0]
        async with asyncio.timeout(5):  # the last frames arrive, though the client has left
            await backend.seen[0].closed.wait()
    assert received == 60_000_000
    assert call.outcome is Outcome.COMPLETED

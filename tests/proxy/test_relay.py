"""The relay: what a client gets and what is recorded when an answer goes well or ill."""

import asyncio
import json
import struct
from pathlib import Path

import pytest

from driftgate.proxy.record import Outcome
from driftgate.proxy.upstream.connection import Connection, Pool
from tests.support.gate import Gate, fetch, gate
from tests.support.processes import free_port
from tests.support.scripted import Exchange, Scripted, always, sized

GET = b"GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n"
ONE = b"5\r\ndata:\r\n"


def _error(raw: bytes) -> dict[str, str]:
    error: dict[str, str] = json.loads(raw.partition(b"\r\n\r\n")[2])["error"]
    return error


async def _open(running: Gate, raw: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(raw)
    return reader, writer


async def test_chunks_leave_as_they_came_and_at_once(tmp_path: Path) -> None:
    go = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        await exchange.send(HEAD, ONE)
        await go.wait()
        await exchange.send(b"0\r\n\r\n")

    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        reader, writer = await _open(running, GET)
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(len(ONE)) == ONE  # while the upstream still holds the rest
        go.set()
        assert await reader.read() == b"0\r\n\r\n"
        writer.close()
        call = (await running.ended())[0]
    assert call.outcome is Outcome.COMPLETED
    assert [chunk.data for chunk in call.chunks] == [b"data:"]
    times = (call.forwarded_ns, call.head_ns, call.first_byte_ns, call.ended_ns)
    known = [time for time in times if time is not None]
    assert len(known) == 4
    assert sorted(known) == known


async def test_a_client_that_leaves_ends_the_upstream_request_at_once(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(HEAD, ONE)
        await exchange.reader.read()  # until the connection ends

    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        reader, writer = await _open(running, GET)
        await reader.readuntil(b"data:")
        writer.close()
        async with asyncio.timeout(1):
            await backend.seen[0].closed.wait()
        call = (await running.ended())[0]
    assert call.outcome is Outcome.CLIENT_GONE
    assert [chunk.data for chunk in call.chunks] == [b"data:"]


async def test_a_client_that_leaves_before_the_answer_is_recorded_too(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.reader.read()

    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        _, writer = await _open(running, GET)
        async with asyncio.timeout(5):
            while not backend.seen:
                await asyncio.sleep(0.005)
        writer.close()
        async with asyncio.timeout(1):
            await backend.seen[0].closed.wait()
        assert (await running.ended())[0].outcome is Outcome.CLIENT_GONE


@pytest.mark.parametrize("reset", [True, False])
async def test_an_upstream_that_breaks_off_before_its_answer_is_a_502(
    tmp_path: Path, *, reset: bool
) -> None:
    async def answer(exchange: Exchange) -> None:
        if reset:
            exchange.reset()
        else:
            exchange.writer.close()

    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        raw = await running.fetch(b"POST /v1/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        call = (await running.ended())[0]
    assert raw.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert "closed the connection before it answered" in _error(raw)["message"]
    assert (call.outcome, call.status) == (Outcome.UPSTREAM_RESET, 502)
    assert backend.connections == 1  # a POST is never sent twice


async def test_an_upstream_that_breaks_off_within_breaks_the_client_s_answer(
    tmp_path: Path,
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(HEAD, ONE)
        exchange.writer.close()

    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        reader, writer = await _open(running, GET)
        await reader.readuntil(b"data:")
        assert await reader.read() == b"\r\n"  # no last chunk: the client knows
        writer.close()
        call = (await running.ended())[0]
    assert call.outcome is Outcome.UPSTREAM_RESET
    assert "in the middle of its answer" in (call.error or "")
    assert [chunk.data for chunk in call.chunks] == [b"data:"]


async def test_an_answer_without_a_length_that_stands_still_ends_in_a_reset(
    tmp_path: Path,
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.0 200 OK\r\n\r\nabc")
        await exchange.reader.read()

    backend = Scripted(answer)
    limits = {"idle_timeout_s": 0.1}
    async with backend.running(), gate(tmp_path, backend.url, upstream=limits) as running:
        with pytest.raises(ConnectionResetError):
            await running.fetch(GET)


async def test_what_is_no_http_is_a_502_that_says_so(tmp_path: Path) -> None:
    backend = Scripted(always(b"\x15\x03\x01 garbage\r\n\r\n"))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        raw = await running.fetch(GET)
        call = (await running.ended())[0]
    assert raw.startswith(b"HTTP/1.1 502")
    assert "garbage" in _error(raw)["message"]
    assert call.outcome is Outcome.UPSTREAM_INVALID


@pytest.mark.parametrize("begun", [False, True])
async def test_silence_is_bounded(tmp_path: Path, *, begun: bool) -> None:
    async def answer(exchange: Exchange) -> None:
        if begun:
            await exchange.send(HEAD, ONE)
        await exchange.reader.read()

    limits = {"first_byte_timeout_s": 0.15, "idle_timeout_s": 0.15}
    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url, upstream=limits) as running:
        if begun:
            assert (await running.fetch(GET)).endswith(ONE)
        else:
            raw = await running.fetch(GET)
            assert raw.startswith(b"HTTP/1.1 504 Gateway Timeout\r\n")
            assert "first_byte_timeout_s" in _error(raw)["message"]
        call = (await running.ended())[0]
    assert call.outcome is Outcome.UPSTREAM_TIMEOUT


async def test_a_slow_but_steady_answer_is_not_idle(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(HEAD)
        for _ in range(6):
            await asyncio.sleep(0.1)
            await exchange.send(ONE)
        await exchange.send(b"0\r\n\r\n")

    backend = Scripted(answer)
    limits = {"first_byte_timeout_s": 0.4, "idle_timeout_s": 0.4}
    async with backend.running(), gate(tmp_path, backend.url, upstream=limits) as running:
        assert (await running.fetch(GET)).count(b"data:") == 6


async def test_an_old_client_gets_no_chunks(tmp_path: Path) -> None:
    backend = Scripted(always(HEAD, ONE, ONE, b"0\r\n\r\n"))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        raw = await running.fetch(b"GET / HTTP/1.0\r\n\r\n")
    head, _, body = raw.partition(b"\r\n\r\n")
    assert body == b"data:data:"
    assert b"chunked" not in head
    assert b"Connection: close" in head


async def test_an_answer_that_ends_with_its_connection_does_so_here_too(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.0 200 OK\r\n\r\nabc", b"def")
        exchange.writer.close()

    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        raw = await running.fetch(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.endswith(b"\r\n\r\nabcdef")
        assert (await running.ended())[0].outcome is Outcome.COMPLETED


async def test_bytes_behind_an_answer_do_not_reach_the_client(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"ok") + b"HTTP/1.1 200 OK\r\n\r\nsmuggled"))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        assert (await running.fetch(GET)).endswith(b"\r\n\r\nok")


async def test_connections_are_kept_on_both_sides(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"ok")))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        reader, writer = await _open(running, b"")
        for _ in range(5):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(2) == b"ok"
        writer.close()
        first, *others = await running.ended(5)
    assert backend.connections == 1
    assert first.connect_ns
    assert [call.connect_ns for call in others] == [0] * 4


async def test_connecting_is_neither_waiting_nor_our_own_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, wait_s = Pool.connect, 0.2

    async def slow(self: Pool) -> Connection:
        await asyncio.sleep(wait_s)
        return await connect(self)

    monkeypatch.setattr(Pool, "connect", slow)
    backend = Scripted(always(sized(b"ok")))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        await running.fetch(GET)
        (call,) = await running.ended()
    assert call.connect_ns is not None
    assert call.forwarded_ns is not None
    assert wait_s * 0.9e9 <= call.connect_ns <= call.forwarded_ns
    assert call.overhead_ns is not None
    assert call.overhead_ns < call.connect_ns


async def test_where_no_connection_comes_to_be_none_is_recorded(tmp_path: Path) -> None:
    async with gate(tmp_path, f"http://127.0.0.1:{free_port()}") as running:
        await running.fetch(GET)
        (call,) = await running.ended()
    assert (call.outcome, call.connect_ns) == (Outcome.UPSTREAM_REFUSED, None)


async def test_a_kept_connection_that_died_costs_an_idempotent_request_nothing(
    tmp_path: Path,
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(sized(b"ok"))
        if len(backend.seen) == 2:
            return
        # dies just as the next request arrives
        await exchange.reader.readuntil(b"\r\n\r\n")
        exchange.reset()

    backend = Scripted(answer)
    keep = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    async with backend.running(), gate(tmp_path, backend.url) as running:
        reader, writer = await _open(running, keep)
        await reader.readuntil(b"ok")
        writer.write(keep)
        await reader.readuntil(b"ok")
        writer.close()
        calls = await running.ended(2)
    assert [call.outcome for call in calls] == [Outcome.COMPLETED] * 2
    assert backend.connections == 2


async def test_a_server_that_closes_right_behind_a_stream_costs_the_next_post_nothing(
    tmp_path: Path,
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(HEAD, ONE, b"0\r\n\r\n")
        await asyncio.sleep(0.005)  # llama-server says keep-alive, and does so
        exchange.writer.close()

    backend = Scripted(answer)
    post = b"POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
    async with backend.running(), gate(tmp_path, backend.url) as running, asyncio.timeout(20):
        reader, writer = await _open(running, post)
        for _ in range(3):
            assert (await reader.readuntil(b"\r\n0\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")
            writer.write(post)
        writer.close()
    assert backend.connections >= 3


async def test_a_websocket_is_relayed_byte_for_byte_and_recorded(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        assert b"Upgrade: websocket" in exchange.head
        await exchange.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
            b"\x81\x02hi"
        )
        await exchange.send(await exchange.reader.readexactly(8))
        exchange.writer.close()

    frame = struct.pack("!BB4s2s", 0x81, 0x82, b"abcd", b"ok")
    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        upgrade = GET.replace(b"close\r\n", b"keep-alive, Upgrade\r\nUpgrade: websocket\r\n")
        reader, writer = await _open(running, upgrade)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert await reader.readexactly(4) == b"\x81\x02hi"
        writer.write(frame)
        assert await reader.read() == frame
        writer.close()
        call = (await running.ended())[0]
    assert (call.status, call.outcome) == (101, Outcome.COMPLETED)
    assert [(mine, data) for _, mine, data in call.frames] == [
        (False, b"\x81\x02hi"),
        (True, frame),
        (False, frame),
    ]


@pytest.mark.parametrize("status", [b"200 OK", b"400 Bad Request", b"404 Not Found", b"500 Oops"])
async def test_a_refused_websocket_is_a_426(tmp_path: Path, status: bytes) -> None:
    backend = Scripted(always(sized(b"no", status=status)))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        upgrade = GET.replace(b"close\r\n", b"Upgrade\r\nUpgrade: websocket\r\n")
        reader, writer = await _open(running, upgrade)
        head = await reader.readuntil(b"\r\n\r\n")
        writer.close()
        call = (await running.ended())[0]
    assert head.startswith(b"HTTP/1.1 426 Upgrade Required\r\n")
    assert call.status == 426
    assert f"status {status[:3].decode()}" in (call.error or "")


async def test_other_upgrades_are_ignored(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"plain")))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        upgrade = GET.replace(b"close\r\n", b"close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n")
        assert (await running.fetch(upgrade)).endswith(b"\r\n\r\nplain")
    assert b"h2c" not in backend.seen[0].head


async def test_durable_calls_wait_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = Scripted(always(sized(b"ok")))
    async with backend.running(), gate(tmp_path, backend.url, durable=True) as running:
        synced = 0
        real = running.journal.synced

        async def synced_too() -> None:
            nonlocal synced
            await real()
            synced += 1

        monkeypatch.setattr(running.journal, "synced", synced_too)
        assert (await fetch(running.port, GET)).endswith(b"ok")
    assert synced == 2  # the request before it is forwarded, the end before the last byte


async def test_a_101_that_nobody_asked_for_is_refused(tmp_path: Path) -> None:
    backend = Scripted(always(b"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\n\r\n"))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        raw = await running.fetch(GET)
    assert raw.startswith(b"HTTP/1.1 502 ")
    assert "nobody asked" in _error(raw)["message"]


async def test_an_answer_that_breaks_off_takes_no_pipelined_call_along(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        if exchange.target == "/1":  # promises more than it sends
            await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n")
            await exchange.send(bytes(19_000_000))
            exchange.writer.close()
        else:
            await exchange.send(sized(b"SECOND"))

    backend = Scripted(answer)
    first = b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
    async with backend.running(), gate(tmp_path, backend.url, body_limit=1000) as running:
        reader, writer = await _open(running, first + first.replace(b"GET /1", b"GET /2"))
        async with asyncio.timeout(20):
            await reader.readexactly(65536)
            while running.gateway.open:  # driftgate must be left with bytes to send
                await reader.read(65536)
        rest = await reader.read()
        call = (await running.ended())[0]
        writer.close()
    assert call.outcome is Outcome.UPSTREAM_RESET
    assert b"HTTP/1.1" not in rest
    assert [exchange.target for exchange in backend.seen] == ["/1"]


async def test_a_header_that_cannot_be_read_as_a_number_ends_no_call_badly(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"ok", b"Keep-Alive: timeout=" + b"9" * 5000)))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        assert (await running.fetch(GET)).endswith(b"ok")


async def test_a_fault_of_ours_within_an_answer_ends_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr(Pool, "give", broken)
    backend = Scripted(always(sized(b"ok")))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        await running.fetch(GET)
        assert len(await running.ended()) == 1
        assert not running.gateway.open


async def test_a_silent_upstream_is_asked_once(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        if len(backend.seen) == 1:
            await exchange.send(sized(b"ok"))
        else:
            await exchange.reader.read()

    backend = Scripted(answer)
    keep = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    limits = {"first_byte_timeout_s": 0.2}
    async with backend.running(), gate(tmp_path, backend.url, upstream=limits) as running:
        reader, writer = await _open(running, keep)
        await reader.readuntil(b"ok")
        writer.write(GET)
        assert b" 504 " in await reader.read()
        writer.close()
    assert backend.begun == 2

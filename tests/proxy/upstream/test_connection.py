"""Connections: kept, given back, and never trusted when they may be dead."""

import asyncio
from pathlib import Path
from unittest.mock import Mock

import pytest

from driftgate.proxy.upstream.connection import IDLE_LIMIT_ONCE_S, Address, Connection, Pool
from tests.support.processes import free_port
from tests.support.scripted import Scripted, always, sized


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a", ("a", 80, b"a", "")),
        ("http://a:81/base/", ("a", 81, b"a:81", "/base")),
        ("http://[::1]:8080", ("::1", 8080, b"[::1]:8080", "")),
        ("https://me:secret@a", ("a", 443, b"a", "")),
    ],
)
def test_an_address_is_read_from_its_url(url: str, expected: tuple[str, int, bytes, str]) -> None:
    address = Address.of(url)
    assert (address.host, address.port, address.authority, address.prefix) == expected
    assert (address.tls is not None) == url.startswith("https")


async def test_a_server_behind_a_unix_socket_is_connected_to(tmp_path: Path) -> None:
    path = tmp_path / "s"
    address = Address.local(path, "/agent")
    assert (address.authority, address.prefix, address.tls) == (b"localhost", "/agent", None)
    pool = Pool(address, 5)
    with pytest.raises(FileNotFoundError):
        await pool.connect()
    heard = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(2) == b"hi"
        heard.set()
        writer.close()

    server = await asyncio.start_unix_server(serve, path)
    connection = await pool.connect()
    connection.write(b"hi")
    await heard.wait()
    connection.abort()
    server.close()


def _pool(backend: Scripted) -> Pool:
    return Pool(Address.of(backend.url), 5)


async def test_a_given_connection_is_taken_again() -> None:
    async with Scripted(always(sized(b""))).running() as backend:
        pool = _pool(backend)
        connection = await pool.connect()
        assert pool.take("POST") is None
        pool.give(connection, b"")
        assert pool.take("POST") is connection
        assert pool.take("POST") is None
        connection.abort()


async def test_a_connection_idle_for_long_serves_idempotent_requests_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Scripted(always(sized(b""))).running() as backend:
        pool = _pool(backend)
        connection = await pool.connect()
        pool.give(connection, b"")
        connection.idle_since -= IDLE_LIMIT_ONCE_S + 1
        assert pool.take("GET") is connection
        pool.give(connection, b"")
        connection.idle_since -= IDLE_LIMIT_ONCE_S + 1
        assert pool.take("POST") is None
        assert connection.closed


async def test_the_server_s_own_limit_counts() -> None:
    async with Scripted(always(sized(b""))).running() as backend:
        pool = _pool(backend)
        connection = await pool.connect()
        pool.give(connection, b"timeout=1, max=100")
        connection.idle_since -= 0.6
        assert pool.take("GET") is None


async def test_a_connection_that_rests_is_left_alone_for_that_long() -> None:
    async with Scripted(always(sized(b""))).running() as backend:
        pool = _pool(backend)
        older, newer = await pool.connect(), await pool.connect()
        pool.give(older, b"")
        pool.give(newer, b"", rest_s=60)
        assert pool.take("GET") is older
        assert pool.take("GET") is None
        newer.rests_until = 0
        assert pool.take("GET") is newer
        older.abort()
        newer.abort()


async def test_a_connection_that_died_is_not_taken() -> None:
    async with Scripted(always(sized(b""))).running() as backend:
        pool = _pool(backend)
        connection = await pool.connect()
        pool.give(connection, b"")
        connection.transport.abort()
        async with asyncio.timeout(5):
            while not connection.closed:
                await asyncio.sleep(0.001)
        assert pool.take("GET") is None


async def test_bytes_that_nobody_asked_for_end_the_connection() -> None:
    async with Scripted(always(sized(b""))).running() as backend:
        pool = _pool(backend)
        connection = await pool.connect()
        pool.give(connection, b"")
        connection.data_received(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        assert pool.take("GET") is None


async def test_a_refused_connection_raises() -> None:
    with pytest.raises(ConnectionRefusedError):
        await Pool(Address.of(f"http://127.0.0.1:{free_port()}"), 5).connect()


async def test_drain_waits_for_the_peer() -> None:
    connection = Connection()
    connection.pause_writing()
    waiting = asyncio.ensure_future(connection.drain())
    await asyncio.sleep(0)
    assert not waiting.done()
    connection.resume_writing()
    await waiting


def test_a_connection_that_is_gone_takes_no_bytes_and_does_not_raise() -> None:
    """As uvloop does: a large upload may wait for the disk while its upstream leaves."""
    transport = Mock(asyncio.Transport)
    transport.is_closing.return_value = False
    transport.write.side_effect = RuntimeError("the handler is closed")
    connection = Connection()
    connection.connection_made(transport)
    connection.connection_lost(None)
    connection.write(b"late")
    connection.let_go()
    assert not transport.write.called
    assert not transport.resume_reading.called

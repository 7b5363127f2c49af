"""The dashboard process: light until somebody looks, gone with its parent."""

import asyncio
import json
import os
import signal
import socket as sockets
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from driftgate.proxy import admin
from tests.support.processes import ROOT
from tests.support.waiting import wait_until_async

Child = asyncio.subprocess.Process


@pytest.fixture
def socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return admin.socket_path(tmp_path / "h.duckdb", "dashboard")


@pytest.fixture
async def child(tmp_path: Path, socket: Path) -> AsyncIterator[Child]:
    made = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "driftgate.dashboards.process"), stdin=asyncio.subprocess.PIPE
    )
    assert made.stdin is not None
    task = {"settings": {"history": str(tmp_path / "h.duckdb")}, "socket": "dashboard"}
    made.stdin.write(json.dumps(task).encode() + b"\n")
    await wait_until_async(socket.exists)
    yield made
    if made.returncode is None:
        made.kill()
        await made.wait()


async def status(socket: Path, path: str = "/_driftgate/none") -> str:
    while True:
        try:
            reader, writer = await asyncio.open_unix_connection(os.fspath(socket))
            break
        except ConnectionRefusedError:  # bound already, and not listened at yet
            await asyncio.sleep(0.01)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer.split(b"\r\n")[0].decode()


async def test_it_answers_and_goes_with_its_parent(child: Child, socket: Path) -> None:
    assert await status(socket) == "HTTP/1.1 404 Not Found"
    assert socket.stat().st_mode & 0o077 == 0
    assert child.stdin is not None
    child.stdin.close()
    assert await child.wait() == 0
    assert not socket.exists()


@pytest.mark.parametrize("asked", [False, True])
async def test_a_signal_ends_it(child: Child, socket: Path, asked: bool) -> None:
    if asked:
        await status(socket)
    child.send_signal(signal.SIGTERM)
    assert await child.wait() == 0
    assert not socket.exists()


def in_its_place(path: Path) -> sockets.socket:
    """Another's socket, there from one moment to the next."""
    made, beside = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM), path.with_suffix(".new")
    made.bind(os.fspath(beside))
    made.listen()
    beside.replace(path)
    return made


async def test_the_socket_of_another_proxy_stays(child: Child, socket: Path) -> None:
    with in_its_place(socket):
        child.send_signal(signal.SIGTERM)
        assert await child.wait() == 0
        assert socket.exists()


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("how", ["ends", "is killed"])
async def test_it_ends_when_another_proxy_s_has_left_its_place_so_that_it_is_started_again(
    child: Child, socket: Path, asked: bool, how: str
) -> None:
    if asked:
        await status(socket)
    with in_its_place(socket) as other:
        other.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody wakes it
            other.accept()
    if how == "ends":
        socket.unlink()
    assert await asyncio.wait_for(child.wait(), 20) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="platform: reads /proc")
async def test_nothing_heavy_is_loaded_until_somebody_looks(child: Child, socket: Path) -> None:
    maps = Path(f"/proc/{child.pid}/maps")
    heavy = ("duckdb", "pydantic_core", "aiohttp", "numpy")
    assert [name for name in heavy if name in maps.read_text()] == []
    await status(socket)
    assert "aiohttp" in maps.read_text()

"""Local control over unix sockets."""

import asyncio
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy import admin


@pytest.fixture(autouse=True)
def run_time_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A run-time folder of the test's own, with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        monkeypatch.setenv("XDG_RUNTIME_DIR", name)
        yield Path(name)


def test_a_run_time_folder_with_a_long_path_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("long" * 30)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    assert len(str(admin.socket_path(tmp_path / "h", "1234567890a-1234567-0"))) < 104


async def _echo(message: dict[str, Any]) -> dict[str, Any]:
    return {"echo": message}


async def test_a_question_is_answered(tmp_path: Path) -> None:
    path = admin.socket_path(tmp_path / "h.duckdb", "history")
    server = await admin.listen(path, _echo)
    reply = await asyncio.to_thread(admin.ask, path, {"op": "status"})
    assert reply == {"echo": {"op": "status"}}
    assert admin.sockets(tmp_path / "h.duckdb") == {"history": path}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    server.close()


def test_nobody_there_is_none(tmp_path: Path) -> None:
    assert admin.ask(admin.socket_path(tmp_path / "h", "history"), {"op": "status"}) is None


async def test_a_socket_left_behind_is_replaced(tmp_path: Path) -> None:
    path = admin.socket_path(tmp_path / "h", "w1")
    (await admin.listen(path, _echo)).close()
    server = await admin.listen(path, _echo)
    assert await asyncio.to_thread(admin.ask, path, {}) == {"echo": {}}
    server.close()


async def test_silence_ends_in_none(tmp_path: Path) -> None:
    async def silent(_message: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    path = admin.socket_path(tmp_path / "h", "w1")
    server = await admin.listen(path, silent)
    assert await asyncio.to_thread(admin.ask, path, {}, 0.05) is None
    server.close()


async def test_nonsense_ends_only_its_own_connection(tmp_path: Path) -> None:
    path = admin.socket_path(tmp_path / "h", "w1")
    server = await admin.listen(path, _echo)
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"no json\n")
    assert await reader.read() == b""
    writer.close()
    assert await asyncio.to_thread(admin.ask, path, {}) == {"echo": {}}
    server.close()


def test_histories_have_sockets_of_their_own_and_relative_names_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert admin.socket_path(Path("h"), "x") == admin.socket_path(tmp_path / "h", "x")
    assert admin.socket_path(Path("h"), "x") != admin.socket_path(Path("i"), "x")
    deep = tmp_path / ("long" * 50) / "h"
    assert len(admin.socket_path(deep, "x").name) < 40


async def test_a_folder_of_somebody_else_is_not_used(run_time_folder: Path) -> None:
    folder = run_time_folder / "driftgate"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(PermissionError, match="must belong to you alone"):
        await admin.listen(folder / "x", _echo)
    assert list(folder.iterdir()) == []


async def test_a_question_that_the_process_s_end_cuts_off_is_no_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = admin.socket_path(tmp_path / "h", "w1")
    before = asyncio.all_tasks()
    asked = asyncio.Event()

    async def answer(_message: dict[str, Any]) -> dict[str, Any]:
        asked.set()
        return await asyncio.Future()

    server = await admin.listen(path, answer)
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"{}\n")
    await asked.wait()
    for task in asyncio.all_tasks() - before:
        task.cancel()
    assert await reader.read() == b""
    writer.close()
    server.close()
    assert caplog.records == []

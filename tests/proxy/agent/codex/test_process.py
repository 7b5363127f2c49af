"""A Codex process, as driftgate holds it."""

import asyncio
import sys
from pathlib import Path

import pytest

from driftgate.proxy.agent.codex.process import Process
from tests.support.processes import alive
from tests.support.waiting import wait_until_async

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "A": "b"}
linux = pytest.mark.skipif(sys.platform != "linux", reason="platform: needs /proc")


async def shell(script: str, folder: Path, grace_s: float = 30) -> Process:
    return await Process.start(["/bin/sh", "-c", script], ENVIRONMENT, folder, grace_s)


async def everything(process: Process) -> bytes:
    found = b""
    while data := await process.read(1 << 16):
        found += data
    return found


async def test_it_sees_the_environment_and_the_directory_it_is_given(tmp_path: Path) -> None:
    process = await shell("env; pwd", tmp_path)
    said = (await everything(process)).decode().split()
    await process.close(10)
    assert "A=b" in said
    assert said[-1] == str(tmp_path)
    assert not [line for line in said if line.startswith(("VIRTUAL_ENV", "HOME="))]


async def test_what_is_written_is_read(tmp_path: Path) -> None:
    process = await shell("cat", tmp_path)
    text = b"x" * 1_000_000
    writing = asyncio.create_task(process.write(text, last=True))
    assert await everything(process) == text
    await writing
    await process.close(10)
    assert process.how() == "exit code 0"


async def test_one_that_is_gone_is_told_nothing(tmp_path: Path) -> None:
    process = await shell("exit 3", tmp_path)
    assert await process.wait() == 3
    await process.write(b"x" * 1_000_000)
    await process.write(b"y", last=True)
    await process.close(1)
    await process.close(1)


async def test_how_it_ended_is_one_line_with_its_last_words(tmp_path: Path) -> None:
    script = "echo first >&2; printf '\\033[31mError:\\033[0m\\tno\\t config\\n\\n' >&2; exit 7"
    process = await shell(script, tmp_path)
    await process.wait_briefly()
    assert process.how() == "exit code 7: [31mError: [0m no config"


async def test_a_flood_of_last_words_is_not_kept(tmp_path: Path) -> None:
    process = await shell("yes | head -c 3000000 >&2; kill -9 $$", tmp_path)
    await process.wait_briefly(20)
    assert process.how() == "signal 9: y"
    assert len(process._said) <= 8192
    await process.close(0)


async def test_one_that_does_not_end_with_its_input_is_killed(tmp_path: Path) -> None:
    process = await shell("sleep 600 & echo $!; wait", tmp_path)
    child = int(await process.read(100))
    await process.close(0.05)
    assert process.how() == "signal 9"
    await wait_until_async(lambda: not alive(child))


@linux
async def test_its_memory_is_the_programs_not_the_guardians(tmp_path: Path) -> None:
    process = await Process.start(
        [sys.executable, "-I", "-c", "b = b'x' * 60_000_000; print(1, flush=True); input()"],
        ENVIRONMENT,
        tmp_path,
    )
    await process.read(10)
    assert 60_000_000 < process.memory_bytes() < 120_000_000
    await process.close(10)
    assert process.memory_bytes() == 0

"""The process that agents live in: started by one line, ended by the end of its input."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy import admin
from driftgate.proxy.agent.calling import CONTROL, host_socket
from tests.support.agents import make_settings
from tests.support.fake_codex import fake_codex
from tests.support.waiting import wait_until

ASKED = {"model": "agent", "messages": [{"role": "user", "content": "Hi."}]}


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def task(root: Path, **more: Any) -> dict[str, Any]:
    codex = {"model": "gemma4", "program": "/no/codex"}
    upstreams = {
        "default": {"url": "http://127.0.0.1:9"},
        "agent": {"kind": "codex", "codex": codex},
    }
    settings = make_settings(root, upstreams=upstreams).model_dump(mode="json")
    return {"settings": settings, "url": "http://127.0.0.1:1", **more}


@contextlib.contextmanager
def running(told: dict[str, Any], path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process, once it listens."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "driftgate.proxy.agent.host"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(told).encode() + b"\n")
        process.stdin.flush()
        wait_until(lambda: answers(path), 20, what="the host")
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("umask", [0o002, None])
def test_commands_make_files_as_the_user_s_own_do_and_what_is_driftgate_s_stays_private(
    tmp_path: Path, umask: int | None
) -> None:
    named = tmp_path / "named"
    named.mkdir()
    codex = {"model": "m", "program": str(fake_codex(tmp_path)), "directory": "named"}
    agent = {"kind": "codex", "codex": {**codex, "path": str(named)}}
    upstreams = {"default": {"url": "http://127.0.0.1:9"}, "agent": agent}
    told = task(tmp_path, **({} if umask is None else {"umask": umask}))
    settings = make_settings(tmp_path, upstreams=upstreams).model_dump(mode="json")
    body = {"model": "agent", "messages": [{"role": "user", "content": f"make {named}/made"}]}
    path = host_socket(tmp_path / "h.duckdb")
    with running({**told, "settings": settings}, path):
        said = ask(path, "POST /agent/v1/chat/completions", json.dumps(body).encode())
    assert said.startswith("HTTP/1.1 200"), said
    assert (named / "made").stat().st_mode & 0o777 == (0o600 if umask is None else 0o664)
    folder = tmp_path / "h.duckdb.agents"
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "agent" / "config.toml").stat().st_mode & 0o077 == 0


def answers(path: Path) -> bool:
    try:
        return ask(path, "GET /agent/v1/models", b"").startswith("HTTP/1.1 200")
    except OSError:
        return False


def ask(path: Path, line: str, body: bytes) -> str:
    """One request; everything until the connection ends."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        head = f"{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        connection.sendall(head.encode() + b"\r\n" + body)
        with connection.makefile("rb") as answer:
            return answer.read().decode()


def end(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Ends its input: code, and what it had to say."""
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    code = process.wait(20)
    assert process.stderr is not None
    return code, process.stderr.read().decode()


def test_it_answers_until_its_input_ends_and_leaves_nothing(tmp_path: Path) -> None:
    history = tmp_path / "h.duckdb"
    path, control = host_socket(history), admin.socket_path(history, CONTROL)
    with running(task(tmp_path), path) as process:
        failed = ask(path, "POST /agent/v1/chat/completions", json.dumps(ASKED).encode())
        told = wait_until(lambda: admin.ask(control, {"op": "status"}) or {}, what="its status")
        mode = path.stat().st_mode & 0o777
        code, said = end(process)
    assert failed.startswith("HTTP/1.1 502")
    assert "'/no/codex' is not there" in failed
    assert told["agents"]["agent"]["turns"] == 1
    assert (code, mode) == (0, 0o600)
    assert "driftgate: agent 'agent': the Codex program '/no/codex' is not there" in said
    assert "Traceback" not in said
    assert not path.exists()
    assert not control.exists()


def test_what_a_killed_one_leaves_is_taken_over_and_a_newer_one_keeps_its_place(
    tmp_path: Path,
) -> None:
    path = host_socket(tmp_path / "h.duckdb")
    with running(task(tmp_path), path) as first:
        os.kill(first.pid, signal.SIGKILL)
        first.wait(10)
        assert path.exists()
        with running(task(tmp_path), path) as second:
            before = path.stat().st_ino
            with running(task(tmp_path), path):
                wait_until(lambda: path.stat().st_ino != before, what="the newer one")
                assert end(second)[0] == 0
                assert answers(path)


def test_a_place_that_somebody_else_gives_up_is_taken_again(tmp_path: Path) -> None:
    path = host_socket(tmp_path / "h.duckdb")
    control = admin.socket_path(tmp_path / "h.duckdb", CONTROL)
    with running(task(tmp_path), path) as first, running(task(tmp_path), path) as second:
        assert end(second)[0] == 0
        wait_until(lambda: answers(path), what="the first one to be back")
        status = wait_until(lambda: admin.ask(control, {"op": "status"}) or {}, what="its status")
        assert status["pid"] == first.pid
        assert end(first)[0] == 0
        assert not path.exists()


def test_a_replay_s_host_has_a_place_of_its_own(tmp_path: Path) -> None:
    history, path = tmp_path / "h.duckdb", tmp_path / "own.sock"
    told = task(tmp_path, agents_socket=str(path), folder=str(tmp_path / "work"), replays=True)
    with running(told, path) as process:
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(20) == 0
    assert not host_socket(history).exists()
    assert not admin.socket_path(history, CONTROL).exists()
    assert not path.exists()


def test_a_history_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = task(tmp_path / "file")
    process = subprocess.run(
        [sys.executable, "-P", "-m", "driftgate.proxy.agent.host"],
        input=json.dumps(told).encode() + b"\n",
        capture_output=True,
        check=False,
        timeout=20,
    )
    assert process.returncode == 4
    assert process.stderr.startswith(b"driftgate: cannot use the journal folder")
    assert b"Traceback" not in process.stderr

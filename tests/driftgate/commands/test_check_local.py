"""This machine, the proxy that runs here, the history, and Codex."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from driftgate.commands.check_local import check_codex, check_disk, check_history, check_proxy
from driftgate.commands.checks import State
from driftgate.proxy.running import Running
from tests.support.processes import free_port
from tests.support.recorded_calls import Canned


@pytest.mark.parametrize(
    ("free", "state"),
    [(10 << 20, State.PROBLEM), (1 << 30, State.WARNING), (9 << 30, State.GOOD)],
)
def test_the_disk_needs_room(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, state: State
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert check_disk(tmp_path / "h.duckdb").state is state


def test_a_missing_folder_is_a_problem(tmp_path: Path) -> None:
    assert check_disk(tmp_path / "absent" / "h.duckdb").state is State.PROBLEM


def test_no_history_yet_is_only_a_note(tmp_path: Path) -> None:
    assert check_history(tmp_path / "h.duckdb").state is State.NOTE


def test_a_history_that_is_none_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "h.duckdb"
    path.write_bytes(b"not a database" * 1000)
    finding = check_history(path)
    assert finding.state is State.PROBLEM
    assert finding.remedy is not None


def test_no_proxy_is_only_a_note() -> None:
    assert [finding.state for finding in check_proxy(Running())] == [State.NOTE]


def proxy(listen: str, **more: object) -> Running:
    return Running({}, {"w1": {"listen": listen, "unrecorded": 0, **more}})


@pytest.mark.parametrize(
    ("status", "state"),
    [(426, State.GOOD), (101, State.GOOD), (404, State.WARNING), (502, State.UNKNOWN)],
)
def test_a_websocket_upgrade_should_get_426(canned: Canned, status: int, state: State) -> None:
    canned.answer("/v1/responses", b"", status)
    *_, websocket = check_proxy(proxy(canned.url))
    assert (websocket.check, websocket.state) == ("websocket", state)
    _method, _path, headers, _body = canned.asked[0]
    assert (headers["Upgrade"], headers["Connection"]) == ("websocket", "Upgrade")


def test_a_proxy_that_does_not_answer_could_not_be_checked() -> None:
    *_, websocket = check_proxy(proxy(f"127.0.0.1:{free_port()}"))
    assert websocket.state is State.UNKNOWN


def test_lost_calls_and_a_dead_historian_are_problems(canned: Canned) -> None:
    found = proxy(canned.url, unrecorded=2)
    found.historian = None
    problems = [each.what for each in check_proxy(found) if each.state is State.PROBLEM]
    assert problems == ["the historian does not answer", "2 calls passed unrecorded"]


@pytest.fixture
def codex_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "codex"
    monkeypatch.setenv("PATH", str(tmp_path))
    return program


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("codex-cli 0.169.0", State.GOOD),
        ("codex-cli 1.2.0", State.GOOD),
        ("codex-cli 0.99.0", State.WARNING),
        ("what?", State.WARNING),
    ],
)
def test_codex_should_be_one_we_were_tested_with(codex_says: Path, said: str, state: State) -> None:
    codex_says.write_text(f"#!/bin/sh\necho '{said}'\n")
    codex_says.chmod(0o755)
    assert check_codex().state is state


def test_codex_may_be_absent_and_may_be_broken(codex_says: Path) -> None:
    assert check_codex().state is State.NOTE
    codex_says.write_text("#!/nowhere/at/all\n")
    codex_says.chmod(0o755)
    assert check_codex().state is State.UNKNOWN
